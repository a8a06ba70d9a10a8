namespace Channels.SocketIO;

/// <summary>A cookie that names the session to a proxy which sends each client to the same process. The server itself never reads it.</summary>
public sealed class EngineIOCookie
{
    /// <summary>Its name. Default <c>io</c>.</summary>
    public string Name { get; set; } = "io";

    /// <summary>For which paths the client sends it. Default <c>/</c>.</summary>
    public string Path { get; set; } = "/";

    /// <summary>Whether scripts are kept from reading it. Default true.</summary>
    public bool HttpOnly { get; set; } = true;

    /// <summary>Whether it is sent over encrypted connections only; must be true with <c>SameSite=None</c>. Default false.</summary>
    public bool Secure { get; set; }

    /// <summary>Whether other sites' requests carry it: <c>Strict</c>, <c>Lax</c> or <c>None</c>. Default <c>Lax</c>.</summary>
    public string SameSite { get; set; } = "Lax";
}
