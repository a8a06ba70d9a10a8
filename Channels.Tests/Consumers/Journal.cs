using System.Collections.Concurrent;

namespace Channels.Tests.Consumers;

/// <summary>What consumers under test have done, in order; given to them as a constructor argument.</summary>
public sealed class Journal
{
    private readonly ConcurrentQueue<string> _entries = new();

    public string[] Entries => [.. _entries];

    public void Add(string entry) => _entries.Enqueue(entry);

    public int Count(string entry) => _entries.Count(e => e == entry);

    public Task Has(string entry) => Support.Eventually.Is(() => _entries.Contains(entry), text: $"the journal has '{entry}'");
}
