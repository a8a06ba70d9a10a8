using System.Text;
using Channels;

namespace Conformance;

/// <summary><c>/stream?count=10&amp;delay=0</c>: a response in numbered lines, each sent as soon as it is made.</summary>
internal sealed class StreamConsumer(TimeProvider time) : HttpConsumer
{
    protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        var count = Query.Number(Scope, "count", 10, most: 1_000_000);
        var delay = TimeSpan.FromMilliseconds(Query.Number(Scope, "delay", 0, most: 60_000));
        await SendHeadersAsync(200, new HeaderList { { "content-type", "text/plain; charset=utf-8" } });
        for (var i = 1; i <= count; i++)
        {
            await SendBodyAsync(Encoding.UTF8.GetBytes($"line {i}\n"), moreBody: true);
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, time, Aborted);
            }
        }

        await SendBodyAsync(default);
    }
}
