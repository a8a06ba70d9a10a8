using System.Diagnostics;
using System.Globalization;

namespace Channels.Benchmarks;

/// <summary>Our own server: <c>samples/Conformance</c> as it was built for release.</summary>
internal sealed class ConformancePeer() : Peer("channels")
{
    private static readonly string Assembly = Repository.Path("samples", "Conformance", "bin", "Release", "net10.0", "Conformance.dll");

    internal override string? Missing =>
        File.Exists(Assembly) ? null : "not built; run: dotnet build -c Release samples/Conformance";

    internal override ProcessStartInfo Start(int port) =>
        DotNet(Assembly, "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));
}
