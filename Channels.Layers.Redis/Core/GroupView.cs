using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Channels.Layers.Redis;

/// <summary>A group's members as Redis gave them once, sorted by inbox, and the digest by which Redis tells whether they still are its members. Immutable.</summary>
internal sealed class GroupView
{
    /// <summary>Sorts members by inbox.</summary>
    /// <param name="members">The names of the channels, in Redis' order.</param>
    /// <param name="parts">The layer's.</param>
    /// <param name="hosts">The number of hosts.</param>
    public GroupView(string[] members, RedisLayerParts parts, int hosts)
    {
        Members = members;
        HasOwn = Array.Exists(members, parts.IsOwn);
        Strange = members.Count(IsNoName);
        Inboxes = [.. members.Where(name => !IsNoName(name)).GroupBy(ChannelNames.NonLocalPart, StringComparer.Ordinal).Select(inbox => new Inbox(
            parts.Names.InboxKey(inbox.Key),
            inbox.Select(name => (MessageValue)name).ToArray(),
            parts.Capacities.For(inbox.First()),
            ShardRing.IndexOf(inbox.Key, hosts),
            WireNames.ProcessOf(inbox.Key)))];
    }

    public string[] Members { get; }

    /// <summary>Whether channels of this process are among them.</summary>
    public bool HasOwn { get; }

    /// <summary>How many members are no names of channels, but a stranger's bytes: no inbox belongs to them.</summary>
    public int Strange { get; }

    /// <summary>SHA-1 of the names with a line feed between them, in hexadecimal digits, as the script computes it.</summary>
    public string Digest => field ??= DigestOf(Members); // two threads may both compute it, alike

    public Inbox[] Inboxes { get; }

    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "Redis' scripts have no other digest; nothing is protected by it.")]
    private static string DigestOf(string[] members) =>
        Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Join('\n', members))));

    // The client library reads bytes that are no text as replacement characters.
    private static bool IsNoName(string member) => member.Length == 0 || member.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>The members that are read from one inbox.</summary>
    /// <param name="Key">The inbox's key.</param>
    /// <param name="Names">Their names, as the message carries them.</param>
    /// <param name="Capacity">How many messages may wait there.</param>
    /// <param name="Host">The index of the host that holds it.</param>
    /// <param name="Process">The process that reads it, if it is one that keeps a key while it lives.</param>
    internal readonly record struct Inbox(RedisKey Key, MessageValue Names, int Capacity, int Host, string? Process);
}
