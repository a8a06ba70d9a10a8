namespace Channels.Extending;

/// <summary>One place of the tree of applications.</summary>
/// <param name="Path">The labels that lead here, separated by blanks, for example <c>websocket ws/chat/{room:slug}/</c>.</param>
/// <param name="Depth">How many applications stand around this one.</param>
/// <param name="Application">The application; for a node that a function has captured as such, the function.</param>
/// <param name="Node">Its node; null for a plain function.</param>
public sealed record ApplicationTreeEntry(string Path, int Depth, Application Application, IApplicationNode? Node)
{
    /// <summary>The node's description, or the name of the function.</summary>
    public string Description => Node?.Description ?? "function";
}
