using System.Text.Json.Serialization;

namespace Channels.Tests.Specifications;

/// <summary>Answers in every way that there is.</summary>
internal sealed partial class AnsweringMember(AnswerBook book) : WebSocketConsumer
{
    protected override async ValueTask OnConnectAsync()
    {
        book.Channel = ChannelName!; // there is a layer
        await AcceptAsync();
    }

    [Answers("test.double")]
    private NumberTold Double(NumberAsked asked)
    {
        book.NoteRun();
        return new(asked.Number * 2);
    }

    [Answers("test.map")]
    private async Task<MessageMap?> MapAsync(MessageMap fields)
    {
        book.NoteRun();
        await Task.Yield();
        return fields.TryGetValue("none", out _) ? null : new MessageMap { ["heard"] = fields["text"] };
    }

    [Answers]
    private ValueTask<ChannelMessage> TestMessage(ChannelMessage message) => new(new ChannelMessage("test.told", new() { ["type of the request"] = message.Type }));

    [Answers("test.nothing")]
    private void Nothing() => book.NoteRun();

    [Answers("test.fails")]
    private ValueTask FailsAsync()
    {
        book.NoteRun();
        return ValueTask.FromException(new InvalidOperationException("no such luck"));
    }

    [Answers("test.waits")]
    private Task WaitsAsync(CancellationToken cancellationToken) => book.WaitAsync(cancellationToken);

    [Handles("test.handled")]
    private void Handled() => book.NoteRun();
}

/// <summary>Asks for twice a number.</summary>
[Message("test.double", typeof(NumberJson))]
public sealed partial record NumberAsked(int Number);

/// <summary>The answer.</summary>
[Message("test.doubled", typeof(NumberJson))]
public sealed partial record NumberTold(int Number);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NumberAsked))]
[JsonSerializable(typeof(NumberTold))]
internal sealed partial class NumberJson : JsonSerializerContext;
