using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Benchmarks;

/// <summary>The least that can be done per request: upgrade and speak frames on the transport's own pipes, or answer <c>/hello</c>.</summary>
internal sealed class LimitApplication : IHttpApplication<IFeatureCollection>
{
    private const string GroupPath = "/group/";
    private static readonly byte[] Hello = "Hello, World!"u8.ToArray();

    private readonly ConcurrentDictionary<string, LimitGroup> _groups = new(StringComparer.Ordinal);

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        var upgrade = context.Get<IHttpUpgradeFeature>();
        return upgrade is { IsUpgradableRequest: true } ? ServeSocketAsync(context, upgrade) : SayHelloAsync(context);
    }

    private static async Task SayHelloAsync(IFeatureCollection context)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.Headers.ContentLength = Hello.Length;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(Hello);
    }

    private async Task ServeSocketAsync(IFeatureCollection context, IHttpUpgradeFeature upgrade)
    {
        var request = context.GetRequiredFeature<IHttpRequestFeature>();
        var headers = context.GetRequiredFeature<IHttpResponseFeature>().Headers;
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
        headers.SecWebSocketAccept = Accept(request.Headers.SecWebSocketKey.ToString());
        await upgrade.UpgradeAsync();

        var transport = context.GetRequiredFeature<IConnectionTransportFeature>().Transport;
        if (!request.Path.StartsWith(GroupPath, StringComparison.Ordinal))
        {
            await ReadAsync(transport.Input, new LimitEcho(transport.Output));
            return;
        }

        var group = _groups.GetOrAdd(request.Path, static _ => new LimitGroup());
        var socket = new LimitSocket(transport.Output);
        group.Add(socket);
        try
        {
            await ReadAsync(transport.Input, new LimitPublisher(group));
        }
        finally
        {
            // However it ended: whoever publishes must not write to it any more.
            group.Remove(socket);
            await socket.EndAsync();
        }
    }

    private static async Task ReadAsync(PipeReader input, LimitReceiver receiver)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            while (LimitFrames.TryRead(ref buffer, out var first, out var payload))
            {
                if ((first & 0x0F) == 8) receiver.OnClose();
                else receiver.OnMessage(first, payload);
                if ((first & 0x0F) == 8 || read.IsCompleted)
                {
                    await receiver.FlushAsync();
                    return;
                }
            }

            // Every payload was copied out of the buffer, so it can go before the flush.
            input.AdvanceTo(buffer.Start, buffer.End);
            await receiver.FlushAsync();
            if (read.IsCompleted) return;
        }
    }

#pragma warning disable CA5350 // RFC 6455 asks for SHA-1; nothing secret rests on it.
    private static string Accept(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
