using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>The conformance sample with one HTTP/1.1 and one cleartext HTTP/2 endpoint.</summary>
internal static class ConformanceServer
{
    public static Task<SampleProcess> StartAsync(params string[] arguments) => StartAsync(limits: null, arguments);

    public static Task<SampleProcess> StartAsync(ProcessLimits? limits, params string[] arguments) => SampleProcess.StartAsync(
        "Conformance",
        limits,
        [
            .. arguments,
            "--Kestrel:Endpoints:Http1:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http1:Protocols=Http1",
            "--Kestrel:Endpoints:Http2:Url=http://127.0.0.1:0", "--Kestrel:Endpoints:Http2:Protocols=Http2",
        ]);
}
