using Channels.Kestrel;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Kestrel.WebSockets;

public sealed class WebSocketOptionsTests
{
    private static readonly Action<WebSocketServerOptions>[] Faulty =
    [
        o => o.MaxMessageBytes = -1, o => o.MaxFrameBytes = -1, o => o.MaxInboundMessageCount = 0, o => o.MaxInboundBytes = -1,
        o => o.MaxOutboundMessageCount = 0, o => o.MaxOutboundBytes = -1, o => o.CompressionMinBytes = -1,
        o => o.KeepAliveInterval = TimeSpan.FromSeconds(-1), o => o.KeepAliveTimeout = TimeSpan.FromSeconds(-1), o => o.HandshakeTimeout = TimeSpan.FromSeconds(-1),
        o => o.CloseTimeout = TimeSpan.FromSeconds(-1), o => o.ApplicationCloseTimeout = TimeSpan.FromSeconds(-1), o => o.IdleTimeout = TimeSpan.FromSeconds(-1),
        o => o.MaxAge = TimeSpan.FromSeconds(-1), o => o.MessageTimeout = TimeSpan.FromSeconds(-1), o => o.SlowClientTimeout = TimeSpan.FromSeconds(-1),
        o => o.SlowClientPolicy = (SlowClientPolicy)9, o => (o.Compression, o.CompressionContextTakeover, o.SlowClientPolicy) = (true, true, SlowClientPolicy.DropOldest),
        o => o.CompressionContextTakeover = true,
    ];

    [Test]
    public void The_defaults_are_valid() => Assert.That(Failures(new()), Is.Empty);

    [Test]
    public void Every_bound_is_checked_and_the_complaint_names_the_key()
    {
        Assert.Multiple(() =>
        {
            foreach (var spoil in Faulty)
            {
                var options = new WebSocketServerOptions();
                spoil(options);
                Assert.That(Failures(options), Has.Exactly(1).StartsWith("Channels:WebSocket:"));
            }
        });
    }

    private static IEnumerable<string> Failures(WebSocketServerOptions options) =>
        new IValidateOptions<WebSocketServerOptions>[] { new CheckedOptionsValidator<WebSocketServerOptions>(), new CompressionValidator() }.SelectMany(validator => validator.Validate(null, options).Failures ?? []);
}
