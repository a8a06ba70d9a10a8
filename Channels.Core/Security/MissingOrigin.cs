namespace Channels;

/// <summary>What an origin validator does with a WebSocket request that has no <c>Origin</c> header.</summary>
public enum MissingOrigin
{
    /// <summary>Refuse it. The default.</summary>
    Refuse,

    /// <summary>
    /// Let it in: devices, command-line tools and other servers send none. Browsers always do, so that a page cannot
    /// use this; but then something other than the browser's cookie must tell who the client is.
    /// </summary>
    Allow,
}
