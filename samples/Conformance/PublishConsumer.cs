using System.Text;
using Channels;

namespace Conformance;

/// <summary><c>POST /group/{name}</c>: the body becomes a message to the group; answers 204.</summary>
internal sealed class PublishConsumer : HttpConsumer
{
    protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        await RequireLayer().GroupSendAsync(Route["name"], new ConformanceMessage(Encoding.UTF8.GetString(body.Span)));
        await SendResponseAsync(204);
    }
}
