namespace Channels.Generators;

/// <summary>One class with [On] methods: all that its generated part depends on, and nothing else.</summary>
/// <param name="Place">Where the class stands.</param>
/// <param name="Handlers">The handlers in the order of the generated cases.</param>
/// <param name="Problems">What is wrong with the class; an error keeps the part from being generated.</param>
internal sealed record EventHandlersModel(TypePlace Place, EquatableArray<EventHandlerModel> Handlers, EquatableArray<Problem> Problems)
{
    public bool IsSound => Problems.All(problem => !problem.IsError);
}
