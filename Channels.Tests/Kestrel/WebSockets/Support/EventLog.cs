using System.Collections.Concurrent;
using System.Threading.Channels;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.WebSockets;

/// <summary>What an application has seen, for a test to wait on.</summary>
internal sealed class EventLog
{
    private readonly Channel<object> _entries = Channel.CreateUnbounded<object>();

    public ConcurrentQueue<object> All { get; } = new();

    /// <summary>How many bytes the application has sent.</summary>
    public long Sent { get; set; }

    public void Add(object entry)
    {
        All.Enqueue(entry);
        _entries.Writer.TryWrite(entry);
    }

    public async Task<object> NextAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Patience);
        return await _entries.Reader.ReadAsync(limit.Token);
    }

    /// <summary>Waits for the first entry of the type, passing over others.</summary>
    public async Task<T> NextAsync<T>()
    {
        while (true)
        {
            if (await NextAsync() is T found)
            {
                return found;
            }
        }
    }
}
