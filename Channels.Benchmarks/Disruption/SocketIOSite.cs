using System.Net;

namespace Channels.Benchmarks;

/// <summary>The reference server of Socket.IO in one process.</summary>
internal sealed class SocketIOSite(Peer peer) : DisruptionSite
{
    private readonly PeerProcess _process = PeerProcess.Start(peer, null, null);

    internal override IReadOnlyList<IPEndPoint> EndPoints => [_process.Server.EndPoint];

    internal override ResumingClient MakeClient(LatencyHistogram? delays) => new SocketIOClient(delays);

    public override void Dispose() => _process.Dispose();
}
