namespace Channels.Layers.Redis;

/// <summary>
/// Which keys a core layer pops: the inboxes of this process and the shared channels somebody waits for. Each change
/// raises a version that readers compare with the one their blocked pop began with. Thread-safe.
/// </summary>
internal sealed class PopDemand
{
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _inboxParts = new(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _version;

    public PopDemand(RedisLayerParts parts) => Shared = new(Change, parts.Time, parts.Drops);

    public SharedChannels Shared { get; }

    public int Version => Volatile.Read(ref _version);

    /// <summary>Adds an inbox by the part of its channels' names up to and including the <c>!</c>.</summary>
    public void AddInbox(string keyPart)
    {
        lock (_lock)
        {
            if (!_inboxParts.Add(keyPart))
            {
                return;
            }
        }

        Change();
    }

    public bool IsInbox(string keyPart)
    {
        lock (_lock)
        {
            return _inboxParts.Contains(keyPart);
        }
    }

    public string[] InboxParts
    {
        get
        {
            lock (_lock)
            {
                return [.. _inboxParts];
            }
        }
    }

    /// <summary>Completes when the version is not the given one.</summary>
    public Task WaitForChangeAsync(int version)
    {
        lock (_lock)
        {
            return version != _version ? Task.CompletedTask : _changed.Task;
        }
    }

    private void Change()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _version++;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
