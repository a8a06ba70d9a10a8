namespace Channels.Benchmarks;

/// <summary>Members as an array that is replaced on every change and read without a lock.</summary>
internal sealed class LimitGroup
{
    private readonly Lock _lock = new();
    private LimitSocket[] _members = [];
    private int _count;

    internal ReadOnlySpan<LimitSocket> Members
    {
        get
        {
            lock (_lock) return _members.AsSpan(0, _count);
        }
    }

    internal void Add(LimitSocket socket)
    {
        lock (_lock)
        {
            // Appending leaves what a running broadcast sees untouched.
            if (_count == _members.Length) Array.Resize(ref _members, Math.Max(8, _count * 2));
            _members[_count++] = socket;
        }
    }

    internal void Remove(LimitSocket socket)
    {
        lock (_lock)
        {
            var index = Array.IndexOf(_members, socket, 0, _count);
            if (index < 0) return;
            var smaller = (LimitSocket[])_members.Clone();
            smaller[index] = smaller[--_count];
            smaller[_count] = null!;
            _members = smaller;
        }
    }
}
