using Channels.Extending;
using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>What fails while the state of clients is written or read harms nobody else, and no more than has to be.</summary>
internal sealed class RecoveryFailureTests() : RecoveryFixture("memory")
{
    [Test]
    [Proves("S-SIO-83")]
    public async Task An_entry_that_cannot_be_looked_at_is_left_out_and_harms_nobody()
    {
        var process = await StartAsync();
        var client = NewClient();
        client.Says = "\"spoil\":true";
        await client.ConnectAsync(process.Server, process.Services);
        await client.CallAsync("[\"join\",\"room\"]");
        await ConnectAsync(process);
        await process.Server.To("room").EmitAsync("first");
        await client.ExpectAsync("42[\"first\"]");
        await client.DropAsync();
        string[] notes = [await Journal.NextAsync(), await Journal.NextAsync(), await Journal.NextAsync()];
        Assert.That(notes, Is.EqualTo(new[] { "connected False", "connected False", "left transport close" }));
        Assert.That(Journal.Logged, Has.Some.Contains("an entry of its data cannot be written as JSON, and is left out"));
        (var id, client.Says) = (client.Id, "");
        await client.ConnectAsync(process.Server, process.Services);
        Assert.That(client.Id, Is.EqualTo(id));
        await client.CallAsync("[\"state\"]", "\"True room nothing\"");
    }

    [Test]
    [Proves("S-SIO-83")]
    public async Task A_state_that_cannot_be_written_for_whatever_reason_lets_clients_in()
    {
        var process = await StartAsync(configure: services => Replace<ILeasedState>(services, inner => new BrokenState(inner)));
        foreach (var client in new[] { NewClient(), NewClient() })
        {
            await client.ConnectAsync(process.Server, process.Services);
        }

        Assert.That(Journal.Logged, Has.Some.Contains("writing it failed"));
    }

    private static void Replace<T>(IServiceCollection services, Func<T, T> wrap)
        where T : class
    {
        var inner = services.Last(service => service.ServiceType == typeof(T) && service.IsKeyedService);
        services.Remove(inner);
        services.AddKeyedSingleton(inner.ServiceKey, (provider, key) => wrap((T)inner.KeyedImplementationFactory!(provider, key)));
    }

    /// <summary>State that cannot be written.</summary>
    private sealed class BrokenState(ILeasedState inner) : ILeasedState
    {
        public ValueTask<bool> PutAsync(string key, string owner, ReadOnlyMemory<byte> value, TimeSpan lifetime, CancellationToken cancellationToken = default) => throw new InvalidOperationException("on purpose");

        public ValueTask<ReadOnlyMemory<byte>?> TakeAsync(string key, string owner, CancellationToken cancellationToken = default) => inner.TakeAsync(key, owner, cancellationToken);

        public ValueTask ReleaseAsync(string key, string owner, CancellationToken cancellationToken = default) => inner.ReleaseAsync(key, owner, cancellationToken);
    }
}
