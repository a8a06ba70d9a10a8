using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Proxies;

/// <summary>The guides' proxies hand on what the server says to a body that is too long.</summary>
[Platform(Exclude = "Win", Reason = "nginx and haproxy are those of Debian")]
public sealed class LongUploadTests
{
    private const int Limit = 1_000_000;
    private const int Length = 8_000_000;
    private const int Tries = 5;

    [Test]
    [Proves("FA-16")]
    public async Task The_refusal_of_an_upload_beyond_the_limit_reaches_the_client_each_time([ValueSource(typeof(GuideSite), nameof(GuideSite.Ways))] string way)
    {
        await using var site = await GuideSite.StartAsync(
            way,
            configuration => way.StartsWith("nginx", StringComparison.Ordinal)
                ? configuration.With("    location / {", "    client_max_body_size 0;\n    proxy_request_buffering off;\n    location / {") // else nginx refuses it, or takes all of it first
                : configuration,
            builder =>
            {
                builder.Set("Channels:Server:MaxRequestBodyBytes", $"{Limit}");
                builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider()); // what is left of the body is waited for, however busy the machine is
            });
        for (var i = 0; i < Tries; i++)
        {
            var answer = await site.Client.UploadAsync($"POST /upload HTTP/1.1\r\nHost: example.com\r\nContent-Length: {Length}\r\n\r\n", Length, "too long");
            Assert.That(answer, Does.Match("^HTTP/1[.]1 413 "), $"try {i + 1}");
        }

        Assert.That(site.Seen, Is.Empty);
    }
}
