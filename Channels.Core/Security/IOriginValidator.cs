namespace Channels;

/// <summary>
/// An application of the tree that decides about the origin of the WebSockets that reach it, in place of the server's
/// own rule. Its <see cref="Application"/> calls <see cref="OriginCheck.Replace"/> for every connection it lets in.
/// </summary>
public interface IOriginValidator : IApplicationNode;
