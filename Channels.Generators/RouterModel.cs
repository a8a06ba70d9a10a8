namespace Channels.Generators;

/// <summary>One class with [SocketRoute] methods: all that its generated part depends on.</summary>
/// <param name="Place">Where the class stands.</param>
/// <param name="Name">Its full name.</param>
/// <param name="Context">The full name of its JSON context; empty for none.</param>
/// <param name="HidesBase">Whether a base has a table of its own.</param>
/// <param name="Routes">Its routes.</param>
/// <param name="Problems">What is wrong; an error keeps the part from being generated.</param>
internal sealed record RouterModel(TypePlace Place, string Name, string Context, bool HidesBase, EquatableArray<RouteModel> Routes, EquatableArray<Problem> Problems)
{
    public bool IsSound => Problems.All(problem => !problem.IsError);
}
