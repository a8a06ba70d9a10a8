namespace Channels.Kestrel;

/// <summary>Who ended a WebSocket; a tag of the duration metric.</summary>
internal enum ClosedBy
{
    Nobody,
    Application,
    Server,
    Client,
}
