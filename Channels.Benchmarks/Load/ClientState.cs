namespace Channels.Benchmarks;

/// <summary>How far a client has come.</summary>
internal enum ClientState
{
    Connecting,
    Upgrading,
    Greeting,
    Open,
    Closing,
    Ended,
}
