using System.Globalization;
using Channels;

namespace Conformance;

/// <summary><c>/events?count=0&amp;delay=1000</c>: a clock as server-sent events; a count of 0 runs until the client leaves.</summary>
internal sealed class ClockConsumer(TimeProvider time) : ServerSentEventsConsumer
{
    protected override async ValueTask OnOpenAsync()
    {
        var count = Query.Number(Scope, "count", 0, most: 1_000_000);
        var delay = TimeSpan.FromMilliseconds(Query.Number(Scope, "delay", 1000, most: 60_000));
        var first = int.TryParse(LastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen + 1 : 1;
        for (var i = first; count == 0 || i <= count; i++)
        {
            await SendEventAsync(time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture), "tick", $"{i}");
            await Task.Delay(delay, time, Aborted);
        }

        await CompleteAsync();
    }
}
