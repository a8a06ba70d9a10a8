using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <content>Results that are sequences.</content>
public sealed partial class SocketRequest
{
    /// <summary>Sends the items as they come to a client that asked for a stream, and gathers them for any other.</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="contract">Their contract.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public ValueTask<SocketAnswer> StreamAsync<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T>? contract)
    {
        SocketAnswer.ThrowIfNone(items);
        return Control.Stream ? SendItemsAsync(items, contract) : GatherAsync(items, contract);
    }

    private async ValueTask<SocketAnswer> SendItemsAsync<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T>? contract)
    {
        var count = 0L;
        await foreach (var item in items.WithCancellation(Aborted))
        {
            ThrowIfStopped(); // no item may follow the answer
            count++;
            if (!Control.NoReply)
            {
                await _peer.SendAsync(PushWriter.Item(Id, count, SocketAnswer.Write(item, contract).Span));
            }
        }

        ThrowIfStopped();
        return new(200, headers: SocketAnswer.Write(new JsonObject { ["items"] = count }));
    }

    private async ValueTask<SocketAnswer> GatherAsync<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T>? contract)
    {
        var most = _peer.Options.MaxGatheredItems;
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        var count = 0;
        await using var writer = new Utf8JsonWriter(json);
        writer.WriteStartArray();
        await foreach (var item in items.WithCancellation(Aborted))
        {
            if (++count > most)
            {
                return SocketAnswer.Refuse(CallError.PayloadTooLarge);
            }

            writer.WriteRawValue(item is null ? "null"u8 : SocketAnswer.Write(item, contract).Span, skipInputValidation: true);
        }

        ThrowIfStopped();
        writer.WriteEndArray();
        await writer.FlushAsync();
        return new(200, json.WrittenMemory);
    }

    // Items that end where the handler was told to stop are not all of them: it has given no answer.
    private void ThrowIfStopped()
    {
        if (IsAnswered || _peer.Aborted.IsCancellationRequested)
        {
            throw new OperationCanceledException();
        }
    }
}
