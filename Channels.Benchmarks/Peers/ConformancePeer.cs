using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Channels.Benchmarks;

/// <summary>
/// Our own server: <c>samples/Conformance</c> as it was built for release; in memory, or as several processes that share
/// a Redis server.
/// </summary>
/// <param name="name">The name used by <c>--peers</c>.</param>
/// <param name="redis">What its processes talk through; null: one process with all in memory.</param>
/// <param name="root">The checkout whose build is started; null: this one.</param>
/// <param name="layer">The layer of several processes.</param>
internal sealed class ConformancePeer(string name, Peer? redis = null, string? root = null, string layer = "redis-pubsub") : Peer(name, redis)
{
    private readonly string _assembly = Path.Combine(root ?? Repository.Root, "samples", "Conformance", "bin", "Release", "net10.0", "Conformance.dll");

    internal override string? Missing =>
        File.Exists(_assembly) ? null : $"{_assembly} is not built; run: dotnet build -c Release samples/Conformance";

    internal override ProcessStartInfo Start(int port, IPEndPoint? backend)
    {
        string[] shared = backend is null ? [] : ["--layer", layer, "--redis", backend.ToString()];
        var start = DotNet(_assembly, ["--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), .. shared]);
        start.Environment["Logging__LogLevel__Default"] = "None"; // the other servers have no providers
        start.Environment["Logging__LogLevel__Channels"] = "Error"; // what never comes costs nothing, and what does must be seen
        return start;
    }
}
