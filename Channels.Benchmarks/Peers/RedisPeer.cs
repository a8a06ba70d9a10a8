using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>A Redis server of this run's own: loopback only, nothing written to disk.</summary>
internal sealed class RedisPeer() : Peer("redis")
{
    internal override bool IsDotNet => false;

    internal override string? Missing => IsInstalled("redis-server") ? null : "redis-server is not installed";

    internal override ProcessStartInfo Start(int port, IPEndPoint? backend) => Program(
        "redis-server", Path.GetTempPath(), "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no");
}
