using System.Collections.Concurrent;

namespace Channels.Tests.Hostile;

/// <summary>The servers that attacks share while none has harmed them; ended after the last attack.</summary>
[SetUpFixture]
public sealed class HostileServers
{
    private static readonly ConcurrentDictionary<HostileServerKind, HostileServer> Running = new();

    [OneTimeTearDown]
    public static async Task EndAsync()
    {
        foreach (var kind in Running.Keys)
        {
            await RetireAsync(kind);
        }
    }

    // One attack after the other: nobody else asks meanwhile.
    internal static async Task<HostileServer> GetAsync(HostileServerKind kind) => Running.TryGetValue(kind, out var server)
        ? server
        : Running[kind] = await HostileServer.StartAsync(kind);

    internal static async Task RetireAsync(HostileServerKind kind)
    {
        if (Running.TryRemove(kind, out var server))
        {
            await server.DisposeAsync();
        }
    }
}
