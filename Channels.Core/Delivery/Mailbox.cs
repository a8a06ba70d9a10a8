using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// What waits for one consumer, and whether its reader sleeps. Any thread posts, one reader takes; posting never waits.
/// <see cref="ChannelInbox"/> is its public face.
/// </summary>
/// <remarks>
/// There is one per socket, so an idle one is this object and nothing else: the first message waits in the object itself,
/// an array exists only while several have been waiting lately, and the lock is one integer. Nothing is called while the
/// lock is held but the queue's own methods and a message's memory of what is passed on.
/// </remarks>
internal sealed class Mailbox(string name, MailboxSettings settings) : ReaderSleep
{
    // What is handed to the outbox under one of its locks.
    private const int BatchSize = 16;

    // After so many messages others get their turn, and the loop goes on.
    private const int FairShare = 64;

    private IOutbox? _outbox;        // set by the reader before it sleeps, while messages may go past it
    private IMailboxReader? _reader;
    private Type? _readerKind;       // the reader's, here to spare a look at it for each message
    private TaskCompletionSource? _arrival; // what a reader without a loop waits for
    private FollowedGroups? _followed; // kept once set; null for nearly all
    private MailboxQueue _queue;     // mutable struct: part of this object, guarded by the gate
    private SpinGate _gate;          // mutable struct, as the queue
    private bool _readerSleeps;      // it has found nothing: the next message wakes it
    private bool _closed;

    /// <summary>The channel's full name; empty without a layer.</summary>
    public string Name { get; } = name;

    public MailboxSettings Settings { get; set; } = settings; // set only before anybody knows the name

    /// <summary>How many messages wait unread, expired ones included.</summary>
    public int Count => _queue.Count;

    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>The groups whose history the reader follows; null for none.</summary>
    public FollowedGroups? Followed => Volatile.Read(ref _followed);

    /// <summary>The time by which messages expire.</summary>
    public long Now => Settings.Time.GetTimestamp();

    /// <summary>Offers a message; the caller wakes the reader.</summary>
    /// <param name="message">The message.</param>
    /// <param name="expiresAt">The timestamp after which it is dropped unread.</param>
    /// <param name="readerSleeps">True when the reader must be woken: by <see cref="Wake"/>, or with others by a <see cref="Wave"/>.</param>
    public InboxPostResult Post(ChannelMessage message, long expiresAt, out bool readerSleeps)
    {
        var result = InboxPostResult.Posted;
        var expired = 0;
        readerSleeps = false;
        _gate.Enter();
        try
        {
            if (_closed)
            {
                return InboxPostResult.Closed;
            }

            if (_queue.Count >= Settings.Capacity && Settings.Capacity > 0)
            {
                result = MakeRoom(out expired);
            }

            if (result != InboxPostResult.Full)
            {
                _queue.Enqueue(message, expiresAt); // may find no memory
                (readerSleeps, _readerSleeps) = (_readerSleeps, false);
            }
            else
            {
                _followed?.Lost(message);
            }
        }
        finally
        {
            _gate.Exit();
        }

        ReportExpired(expired);
        return result;
    }

    /// <summary>Takes the oldest message that has not expired.</summary>
    /// <param name="now">The time by <see cref="Now"/>: reading a clock costs more than taking a message.</param>
    /// <param name="message">The message.</param>
    /// <param name="wakeNext">Whether the next message wakes the reader when there is none now.</param>
    public bool TryTake(long now, [NotNullWhen(true)] out ChannelMessage? message, bool wakeNext = true)
    {
        message = null;
        _gate.Enter();
        var expired = DropExpired(now);
        var followed = _followed;
        DropRefused(followed);
        if (_queue.Count > 0)
        {
            message = _queue.Dequeue().Message;
            followed?.Took(message);
        }
        else
        {
            _readerSleeps |= wakeNext;
        }

        _gate.Exit();
        ReportExpired(expired);
        return message is not null;
    }

    /// <summary>Wakes the reader.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _arrival) is { } arrival)
        {
            arrival.TrySetResult();
        }
        else
        {
            WakeLoop();
        }
    }

    /// <summary>For a reader without a loop: completes when a message has come after <see cref="TryTake"/> found none. Asked for before that.</summary>
    public Task WhenPosted()
    {
        var arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _arrival, arrival);
        return arrival.Task;
    }

    /// <summary>Nothing is posted any more, and what was is dropped, which is told; a waiting reader wakes. False when that was so already.</summary>
    public bool Close()
    {
        _gate.Enter();
        (var wasOpen, _closed) = (!_closed, true);
        (var unread, _queue) = (_queue, default);
        _gate.Exit();
        if (wasOpen)
        {
            Wake();
            Settings.ReportUnread(unread);
        }

        return wasOpen;
    }

    /// <summary>Drops all unread messages, without counting them.</summary>
    public void Clear()
    {
        _gate.Enter();
        _queue = default;
        _gate.Exit();
    }

    /// <summary>The groups whose history the reader follows, none at first. For any thread.</summary>
    public FollowedGroups Follow() => Followed ?? Interlocked.CompareExchange(ref _followed, new(Name), null) ?? _followed;

    /// <summary>The reader may lack messages of the group that it follows, and nobody will send them: it looks into the history.</summary>
    public void Doubt(string group)
    {
        if (Followed?.Find(group) is { } cursor)
        {
            cursor.Doubt();
            Wake();
        }
    }

    /// <summary>Sets who reads. Before it first sleeps.</summary>
    public void SetReader(IMailboxReader reader) => (_reader, _readerKind) = (reader, reader.Kind);

    /// <summary>Until <see cref="PassNothingOn"/>, messages that the reader passes on go to the outbox while it sleeps. For the reader, before it sleeps.</summary>
    public void PassOnTo(IOutbox outbox) => Volatile.Write(ref _outbox, outbox);

    /// <summary>The reader sees every message.</summary>
    public void PassNothingOn() => Volatile.Write(ref _outbox, null);

    /// <summary>Nobody reads any more: whoever still holds the mailbox must not keep its reader alive.</summary>
    public void ForgetReader()
    {
        (_outbox, _reader) = (null, null);
        ForgetWaiter();
    }

    /// <summary>
    /// In the sleeping reader's place, on a thread that has others to serve afterwards: passes on what can be passed on without
    /// code of the application's. False when that was not all; then <see cref="RunReader"/> must follow.
    /// </summary>
    public bool TryServe()
    {
        if (Volatile.Read(ref _arrival) is not null)
        {
            Wake();
            return true;
        }

        // A loop that does not sleep has been told, and looks again.
        return !TryBorrow() || (_outbox is { } outbox && PassOnAll(outbox) && TryReturn());
    }

    /// <summary>Runs the reader on this thread, after <see cref="TryServe"/> was not enough.</summary>
    public void RunReader() => RunBorrowed();

    /// <summary>Asks memory for what <see cref="TryServe"/> needs behind this object.</summary>
    public void Prefetch()
    {
        CacheHint.FetchLarge(_outbox);
        CacheHint.Fetch(_reader);
        CacheHint.Fetch(_followed);
    }

    /// <summary>Asks memory for what serving it needs behind those objects.</summary>
    public void PrefetchBehind()
    {
        CacheHint.Fetch(_outbox?.NeededNext);
        _followed?.Prefetch();
        _reader?.Prefetch();
    }

    // True when nothing waits any more.
    private bool PassOnAll(IOutbox outbox)
    {
        var now = Now;
        if (TakePassedOn(now, out var entry, out var isEmpty) is not { } first)
        {
            return isEmpty;
        }

        if (isEmpty)
        {
            return Offer(outbox, new(in first)) == 1 || PutBack([entry]); // most often there is just one
        }

        return PassOnRest(outbox, first, entry, now);
    }

    // Apart, because most calls need no arrays. Nobody else takes meanwhile, so what is put back keeps its place.
    private bool PassOnRest(IOutbox outbox, Event first, MailboxQueue.Entry firstEntry, long now)
    {
        var events = default(EventBatch);
        var entries = default(EntryBatch);
        (events[0], entries[0]) = (first, firstEntry);
        for (var (count, total, isEmpty) = (1, 0, false); ; count = 0)
        {
            while (count < BatchSize && !isEmpty && TakePassedOn(now, out entries[count], out isEmpty) is { } next)
            {
                events[count++] = next;
            }

            var sent = count == 0 ? 0 : Offer(outbox, ((ReadOnlySpan<Event>)events)[..count]);
            if (sent < count)
            {
                return PutBack(((ReadOnlySpan<MailboxQueue.Entry>)entries)[sent..count]);
            }

            total += count;
            if (isEmpty || count < BatchSize || total >= FairShare)
            {
                return isEmpty;
            }
        }
    }

    // The oldest message's event, when it is to be passed on; null when nothing waits or the reader must see it.
    private Event? TakePassedOn(long now, out MailboxQueue.Entry entry, out bool isEmpty)
    {
        Event? passedOn = null;
        entry = default;
        _gate.Enter();
        var expired = DropExpired(now);
        var followed = _followed;
        DropRefused(followed);
        isEmpty = _queue.Count == 0;
        if (!isEmpty && _queue.Oldest.TryGetPassedOn(_readerKind!, out passedOn) && passedOn is not null)
        {
            entry = _queue.Dequeue();
            isEmpty = _queue.Count == 0;
            followed?.Took(entry.Message);
        }

        var unknown = !isEmpty && passedOn is null && entry.Message is null ? _queue.Oldest : null;
        isEmpty &= followed is not { NeedsReader: true };
        _readerSleeps |= isEmpty;
        _gate.Exit();
        ReportExpired(expired);

        // The first of a kind to see the message asks the reader, outside the gate; then it looks again.
        return unknown is not null && !unknown.TryGetPassedOn(_readerKind!, out _) && TryAskReader(unknown)
            ? TakePassedOn(now, out entry, out isEmpty)
            : passedOn;
    }

    private bool TryAskReader(ChannelMessage message)
    {
        try
        {
            return _reader is { } reader && message.PassedOnBy(reader) is not null;
        }
#pragma warning disable CA1031 // the loop asks again, and there the failure is the consumer's own
        catch
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private static int Offer(IOutbox outbox, ReadOnlySpan<Event> events)
    {
        try
        {
            return outbox.TrySend(events);
        }
#pragma warning disable CA1031 // the loop sends the rest itself, and fails as for any other send
        catch
#pragma warning restore CA1031
        {
            return 0;
        }
    }

    private bool PutBack(ReadOnlySpan<MailboxQueue.Entry> taken)
    {
        _gate.Enter();
        for (var i = taken.Length - 1; i >= 0 && !_closed; i--)
        {
            _queue.PutInFront(taken[i]);
            _followed?.Returned(taken[i].Message);
        }

        _readerSleeps = false; // it is about to run
        _gate.Exit();
        return false;
    }

    private InboxPostResult MakeRoom(out int expired)
    {
        expired = DropExpired(Now);
        if (_queue.Count < Settings.Capacity)
        {
            return InboxPostResult.Posted;
        }

        if (Settings.FullMode == InboxFullMode.Refuse)
        {
            return InboxPostResult.Full;
        }

        var dropped = _queue.Dequeue();
        _followed?.Lost(dropped.Message);
        return InboxPostResult.PostedDroppingOldest;
    }

    // What the reader has had already, or is not to have yet, because something is missing before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // nearly nobody follows a group
    private void DropRefused(FollowedGroups? followed)
    {
        while (followed is not null && _queue.Count > 0 && !followed.Admits(_queue.Oldest))
        {
            _queue.Dequeue();
        }
    }

    private int DropExpired(long now)
    {
        var dropped = 0;
        for (; _queue.Count > 0 && _queue.OldestExpiresAt <= now; dropped++)
        {
            var expired = _queue.Dequeue();
            _followed?.Lost(expired.Message);
        }

        return dropped;
    }

    // Metrics and logs of others: their failure must not cost a message, nor end the process on a thread of the pool.
    private void ReportExpired(int count)
    {
        for (; count > 0; count--)
        {
            Guarded.Run(Settings.OnExpired);
        }
    }

    [InlineArray(BatchSize)]
    private struct EventBatch
    {
        private Event _first;
    }

    [InlineArray(BatchSize)]
    private struct EntryBatch
    {
        private MailboxQueue.Entry _first;
    }
}
