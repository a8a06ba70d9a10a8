namespace Channels;

/// <summary>What a peer is told that comes while the layer fails.</summary>
internal static class LayerRefusal
{
    public const string Text = "The service is not available at the moment; try again later.";

    // Long enough for a restart or a failover of what carries the layer.
    private const string RetryAfterSeconds = "5";

    public static HeaderList Headers() => new() { { "retry-after", RetryAfterSeconds } };
}
