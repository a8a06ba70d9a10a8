using Channels;

namespace Thumbnails;

/// <summary>A browser that watches one picture.</summary>
internal sealed partial class WatchConsumer : WebSocketConsumer
{
    protected override IEnumerable<string> InitialGroups => [ThumbnailChannels.GroupOf(Route["picture"])];

    [Handles("thumbnails.progress")]
    private ValueTask Progress(ThumbnailProgress progress) => SendJsonAsync(progress, ThumbnailJson.Default.ThumbnailProgress);
}
