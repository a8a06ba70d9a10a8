namespace Channels.Kestrel;

/// <summary>Who may ask the built-in health endpoints.</summary>
public enum HealthAccess
{
    /// <summary>Peers on the loopback address or a unix socket whose request was not forwarded by a proxy.</summary>
    Loopback,

    /// <summary>Everybody.</summary>
    Any,
}
