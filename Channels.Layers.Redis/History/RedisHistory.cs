using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>
/// The history of the groups of a Redis layer, in streams of the layer's own servers. What many members of this process ask for in
/// the same moment is read once.
/// </summary>
internal sealed class RedisHistory : IGroupHistory, IDisposable
{
    private const string Unreadable = "history.unreadable";
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AgainFor = TimeSpan.FromSeconds(10);
    private readonly IHistoryLayer _layer;
    private readonly HistoryWriter _writer;
    private readonly HistoryWatch _watch;
    private readonly ConcurrentDictionary<Question, Task<HistoryPage>> _reading = new();

    public RedisHistory(IHistoryLayer layer, HistoryOptions options)
    {
        (_layer, _writer) = (layer, new(layer.Parts, options));
        _watch = new(layer, _writer);
    }

    public async ValueTask<HistoryPosition> PublishAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        var position = await WriteAsync(group, message, static (history, draft, token) => history._layer.PublishAsync(draft, history._writer, token), cancellationToken);
        _layer.Parts.Metrics.LayerSent(_layer.Parts.Alias, "group_send");
        return position;
    }

    public async ValueTask<HistoryPosition> AppendAsync(string group, ChannelMessage message, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentNullException.ThrowIfNull(message);
        return await WriteAsync(group, message, static (history, draft, token) => history._writer.WriteAsync(history._layer.HistoryLinkOf(draft.Group), draft, channel: "", token), cancellationToken);
    }

    public async ValueTask<HistoryPage> ReadAsync(string group, HistoryPosition after, int max = 100, CancellationToken cancellationToken = default)
    {
        ChannelNames.ThrowIfNotGroup(group);
        ArgumentOutOfRangeException.ThrowIfNegative(max);
        var question = new Question(group, after, max);
        TaskCompletionSource<HistoryPage>? mine = null;
        var answer = _reading.GetOrAdd(question, _ => (mine = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task);
        if (mine is not null && ReferenceEquals(answer, mine.Task))
        {
            _ = AnswerAsync(question, mine); // whoever asked first may give up, the others go on waiting
        }

        return await answer.WaitAsync(cancellationToken);
    }

    public void Dispose() => _watch.Dispose();

    // A lost answer leaves open whether the message was written: it is written again when the server is back, unless it is there.
    private async ValueTask<HistoryPosition> WriteAsync(
        string group, ChannelMessage message, Func<RedisHistory, HistoryDraft, CancellationToken, ValueTask<HistoryPosition>> write, CancellationToken cancellationToken)
    {
        var draft = new HistoryDraft(group, message.At(null), WirePosition.NewMark(), Again: false);
        await _layer.Parts.StartAsync(cancellationToken); // which link it is depends on what the server says that it is
        try
        {
            return await write(this, draft, cancellationToken);
        }
        catch (ChannelLayerUnavailableException error) when (error.OutcomeUnknown)
        {
            draft = draft with { Again = true };
            var (time, start) = (_layer.Parts.Time, _layer.Parts.Time.GetTimestamp());
            while (time.GetElapsedTime(start) < AgainFor)
            {
                await Task.Delay(AgainAfter, time, cancellationToken);
                try
                {
                    return await write(this, draft, cancellationToken);
                }
                catch (ChannelLayerUnavailableException)
                {
                    // Still away, or lost once more.
                }
            }

            throw;
        }
    }

    private async Task AnswerAsync(Question question, TaskCompletionSource<HistoryPage> answer)
    {
        try
        {
            var page = await FetchAsync(question);
            _reading.TryRemove(new(question, answer.Task));
            answer.SetResult(page);
        }
        catch (Exception error)
        {
            _reading.TryRemove(new(question, answer.Task));
            answer.SetException(error); // for all who wait
        }
    }

    private async Task<HistoryPage> FetchAsync(Question question)
    {
        var (group, after, max) = question;
        await _layer.Parts.StartAsync(CancellationToken.None);
        var known = _watch.NewestOf(group);
        RedisValue[] arguments =
        [
            HistoryPosition.NewEpoch(), known.Epoch, known.Offset, _writer.MaxAge, _writer.MaxMessages, _writer.MaxBytes,
            after == HistoryPosition.Oldest ? "" : after.Epoch, after.Offset, max,
        ];
        var answer = (RedisResult[])(await HistoryScripts.Read.RunAsync(_layer.HistoryLinkOf(group), _writer.Keys(group), arguments, bytes: 100, CancellationToken.None))!; // always a list
        var newest = HistoryWriter.Position(answer);
        _watch.Know(group, newest);
        var entries = (RedisResult[])answer[3]!; // as well
        return new([.. entries.Select(entry => ToMessage(group, newest.Epoch, (RedisResult[])entry!))], newest, Gone: (int)answer[2] == 1);
    }

    // One that cannot be decoded keeps its number: whoever counts must not look for it for ever.
    private ChannelMessage ToMessage(string group, string epoch, RedisResult[] entry)
    {
        var id = (string)entry[0]!; // entries of a stream have an id and a list of fields
        var body = (byte[])((RedisResult[])entry[1]!)[1]!;
        var stamp = new HistoryStamp(group, new(epoch, long.Parse(id.AsSpan(0, id.IndexOf('-', StringComparison.Ordinal)), NumberStyles.None, CultureInfo.InvariantCulture)));
        if (_writer.Codec.TryDecode(body, out var message, out _, out var problem))
        {
            return message.At(stamp);
        }

        _layer.Parts.Drops.Undecodable(_layer.Parts.Names.HistoryKeys(group).Log, body.Length, problem);
        return new ChannelMessage(Unreadable).At(stamp);
    }

    private sealed record Question(string Group, HistoryPosition After, int Max);
}
