namespace Channels.Extending;

/// <summary>The server's side of a request, for an application that joins the parts of the request's body.</summary>
internal interface IBodyHolder
{
    /// <summary>
    /// So many bytes of the body are held now. When memory is short and this request is to go, the next receive yields
    /// <see cref="HttpDisconnect"/>, and the server answers 503.
    /// </summary>
    /// <param name="bytes">All that is held, not what has been added.</param>
    void HoldBody(long bytes);
}
