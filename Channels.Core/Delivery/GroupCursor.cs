namespace Channels;

/// <summary>How far one consumer has come in the history of one group that it follows.</summary>
/// <remarks>
/// Only the reader of the mailbox changes it, or a wave in the sleeping reader's place; what other threads may do says so.
/// </remarks>
internal sealed class GroupCursor(string group)
{
    private volatile CursorState _state = CursorState.Joining;
    private string _group = group;
    private volatile GroupCursor? _next;
    private volatile FollowedGroups? _owner;
    private string _epoch = "";
    private long _offset;
    private bool _lost;
    private int _isReported; // 1 while it is among those that were reported

    public string Group => _group;

    /// <summary>The cursor of the consumer's next group, while these are few; null for none. Set by <see cref="FollowedGroups"/>, read by any thread.</summary>
    public GroupCursor? Next
    {
        get => _next;
        set => _next = value;
    }

    /// <summary>Who is told when the reader may have to look into the history; null for nobody.</summary>
    public FollowedGroups? Owner
    {
        get => _owner;
        set => _owner = value;
    }

    /// <summary>The one that was reported before this one; null for none. Set by <see cref="FollowedGroups"/>.</summary>
    public GroupCursor? NextReported { get; set; }

    /// <summary>The last message that the consumer has had.</summary>
    public HistoryPosition Last => new(_epoch, _offset);

    /// <summary>The first messages that it missed, as joining has read them.</summary>
    public IReadOnlyList<ChannelMessage> Missed { get; private set; } = [];

    /// <summary>The highest offset of a message that came, since the history was last looked into, while the consumer could not take it.</summary>
    public long Seen { get; private set; }

    public CursorState State => _state;

    /// <summary>Whether the reader must look into the history.</summary>
    public bool NeedsReader => State == CursorState.Behind || (State == CursorState.Live && IsInDoubt);

    /// <summary>Whether somebody has doubts since the history was last looked into. For any thread.</summary>
    public bool IsInDoubt => Volatile.Read(ref _lost);

    /// <summary>Whether it is of that group. Keeps the text: that of the next message is most often the same, and not to be looked at then. For any thread.</summary>
    public bool IsOf(string group)
    {
        if (!ReferenceEquals(_group, group))
        {
            if (_group != group)
            {
                return false;
            }

            _group = group;
        }

        return true;
    }

    /// <summary>Joining is done: the reader begins with what was missed. For the thread that joined.</summary>
    public void Begin(HistoryPosition last, IReadOnlyList<ChannelMessage> missed)
    {
        Take(last);
        Missed = missed;
        FallBehind();
    }

    /// <summary>A message may be gone that will not come again, or another may be there that nobody told of. For any thread.</summary>
    public void Doubt()
    {
        Volatile.Write(ref _lost, true);
        _owner?.Report(this);
    }

    /// <summary>Whether the message is the next one. If it was not, nor was there before, then the reader has to look for what is between.</summary>
    public bool IsNext(HistoryPosition position)
    {
        var state = State;
        if (state != CursorState.Joining && position.Epoch == Last.Epoch && position.Offset > 0)
        {
            if (position.Offset <= Last.Offset)
            {
                return false;
            }

            if (state == CursorState.Live && position.Offset == Last.Offset + 1)
            {
                return true;
            }

            Seen = Math.Max(Seen, position.Offset);
        }
        else
        {
            Doubt();
        }

        if (state == CursorState.Live)
        {
            FallBehind();
        }

        return false;
    }

    /// <summary>The reader begins to take what was missed; gives what joining has read already.</summary>
    public IReadOnlyList<ChannelMessage> CatchUp()
    {
        _state = CursorState.CatchingUp;
        var missed = Missed;
        Missed = [];
        return missed;
    }

    /// <summary>The history is about to be read: it answers all doubts that there are, but none that come up from now on.</summary>
    public void BeginReading()
    {
        Seen = 0;
        Interlocked.Exchange(ref _lost, false); // a fence: the reading must not move before it
    }

    /// <summary>The reader has had all it knew of. False when more has come up meanwhile.</summary>
    public bool TryGoLive()
    {
        if (IsInDoubt || Seen > Last.Offset)
        {
            return false;
        }

        _state = CursorState.Live;
        return true;
    }

    /// <summary>The consumer has had the message, and all before it. Keeps the text of an epoch that goes on: to write it costs more than the number.</summary>
    public void Take(HistoryPosition position)
    {
        if (!ReferenceEquals(_epoch, position.Epoch))
        {
            _epoch = position.Epoch;
        }

        _offset = position.Offset;
    }

    /// <summary>Goes on behind another position, whatever was before.</summary>
    public void MoveTo(HistoryPosition position)
    {
        Take(position);
        Seen = 0;
    }

    /// <summary>It is about to be reported; false when it is already. For any thread.</summary>
    public bool TryBeReported() => Interlocked.Exchange(ref _isReported, 1) == 0; // a fence: what is reported is set before

    /// <summary>It is reported no longer, and whoever took it looks at it after this.</summary>
    public void EndReport() => Interlocked.Exchange(ref _isReported, 0);

    private void FallBehind()
    {
        _state = CursorState.Behind;
        _owner?.Report(this);
    }
}
