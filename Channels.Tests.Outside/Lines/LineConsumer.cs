using Channels;

namespace Outside.Lines;

/// <summary>The base of consumers of the line protocol, as a library for it would have one.</summary>
public abstract class LineConsumer : Consumer
{
    /// <summary>Layer messages of this type go to the peer unchanged.</summary>
    public const string NoticeType = "line.notice";

    private bool _opened;

    protected sealed override string ServedScopeType => "line";

    protected sealed override bool HasPeer => true;

    /// <summary>A layer message that every peer is sent as a line.</summary>
    public static ChannelMessage Notice(string text) => new(NoticeType, new MessageMap { ["text"] = text });

    protected virtual ValueTask OnOpenAsync() => ValueTask.CompletedTask;

    protected virtual ValueTask OnLineAsync(string text) => ValueTask.CompletedTask;

    protected virtual ValueTask OnClosedAsync(bool failed) => ValueTask.CompletedTask;

    protected ValueTask SendLineAsync(string text) => SendAsync(new LineSend(text));

    protected override ValueTask DispatchAsync(Event message)
    {
        switch (message)
        {
            case LineOpened:
                _opened = true;
                return OnOpenAsync();
            case LineReceived line:
                return OnLineAsync(line.Text);
            case LineEnded:
                Stop();
                return ValueTask.CompletedTask;
            default:
                return base.DispatchAsync(message);
        }
    }

    protected sealed override bool EndsConnection(Event message) => message is LineEnded;

    protected override Event? PassOn(ChannelMessage message) =>
        message.Type == NoticeType ? new LineSend("* " + message.Fields["text"].GetText()) : null;

    protected override void OnSent(Event message)
    {
        if (message is LineGoodbye)
        {
            IgnoreUntilEnd();
        }
    }

    protected override ValueTask CloseConnectionAsync(int code, string reason) => SendAsync(new LineGoodbye(code, reason));

    protected override ValueTask OnEndAsync(bool failed) => _opened ? OnClosedAsync(failed) : ValueTask.CompletedTask;

    /// <summary>A line that cannot be understood is answered and costs no connection.</summary>
    protected override async ValueTask<bool> OnErrorAsync(Event? message, Exception error)
    {
        if (message is LineReceived && error is FormatException)
        {
            await SendLineAsync("? " + error.Message);
            return true;
        }

        return await base.OnErrorAsync(message, error);
    }
}
