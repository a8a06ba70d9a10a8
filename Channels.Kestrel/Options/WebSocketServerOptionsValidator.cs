using Microsoft.Extensions.Options;

namespace Channels.Kestrel;

/// <summary>Checks <see cref="WebSocketServerOptions"/> at start; each complaint names the key and what would be right.</summary>
internal sealed class WebSocketServerOptionsValidator : IValidateOptions<WebSocketServerOptions>
{
    private const string Section = "Channels:WebSocket";

    public ValidateOptionsResult Validate(string? name, WebSocketServerOptions options)
    {
        var faults = new List<string>();
        AtLeast(options.MaxMessageBytes, 0, nameof(options.MaxMessageBytes), "bytes, or 0 for no limit");
        AtLeast(options.MaxFrameBytes, 0, nameof(options.MaxFrameBytes), "bytes, or 0 for no limit");
        AtLeast(options.MaxFramesPerSecond, 0, nameof(options.MaxFramesPerSecond), "frames, or 0 for no limit");
        AtLeast(options.MaxPartialBytes, 0, nameof(options.MaxPartialBytes), "bytes, or 0 for no limit");
        AtLeast(options.MaxInboundMessageCount, 1, nameof(options.MaxInboundMessageCount), "messages");
        AtLeast(options.MaxInboundBytes, 0, nameof(options.MaxInboundBytes), "bytes, or 0 for no limit");
        AtLeast(options.MaxOutboundMessageCount, 1, nameof(options.MaxOutboundMessageCount), "messages");
        AtLeast(options.MaxOutboundBytes, 0, nameof(options.MaxOutboundBytes), "bytes, or 0 for no limit");
        AtLeast(options.CompressionMinBytes, 0, nameof(options.CompressionMinBytes), "bytes");
        NotNegative(options.KeepAliveInterval, nameof(options.KeepAliveInterval), "00:00:20, or 0 for no pings");
        NotNegative(options.KeepAliveTimeout, nameof(options.KeepAliveTimeout), "00:00:20, or 0 to wait for ever");
        NotNegative(options.HandshakeTimeout, nameof(options.HandshakeTimeout), "00:00:10, or 0 for no limit");
        NotNegative(options.CloseTimeout, nameof(options.CloseTimeout), "00:00:05, or 0 to cut at once");
        NotNegative(options.ApplicationCloseTimeout, nameof(options.ApplicationCloseTimeout), "00:00:10, or 0 for no limit");
        NotNegative(options.IdleTimeout, nameof(options.IdleTimeout), "00:10:00, or 0 for no limit");
        NotNegative(options.MaxAge, nameof(options.MaxAge), "1.00:00:00, or 0 for no limit");
        NotNegative(options.MessageTimeout, nameof(options.MessageTimeout), "00:01:00, or 0 for no limit");
        NotNegative(options.SlowClientTimeout, nameof(options.SlowClientTimeout), "00:00:05, or 0 for the next second");
        if (!Enum.IsDefined(options.SlowClientPolicy))
        {
            faults.Add($"{Section}:SlowClientPolicy is {options.SlowClientPolicy}: use Close, DropOldest or DropNewest.");
        }

        if (options.CompressionContextTakeover && options.SlowClientPolicy != SlowClientPolicy.Close)
        {
            faults.Add($"{Section}:CompressionContextTakeover needs SlowClientPolicy Close, because later messages refer to dropped ones: change one of the two.");
        }

        if (options.CompressionContextTakeover && !options.Compression)
        {
            faults.Add($"{Section}:CompressionContextTakeover has no effect without Compression: set Compression to true as well.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void AtLeast(long value, long least, string key, string unit)
        {
            if (value < least)
            {
                faults.Add($"{Section}:{key} is {value}: it must be at least {least} {unit}.");
            }
        }

        void NotNegative(TimeSpan value, string key, string example)
        {
            if (value < TimeSpan.Zero)
            {
                faults.Add($"{Section}:{key} is {value}: it must be a time of 0 or more, such as {example}.");
            }
        }
    }
}
