using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Specifications;

/// <summary>The contract of leased state, proven on every one by deriving from this fixture.</summary>
public abstract class LeasedStateSpecification
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly List<ServiceProvider> _processes = [];

    /// <summary>Registers the layer under test, with its state.</summary>
    protected abstract ValueTask AddLayerAsync(ChannelsBuilder builder);

    [TearDown]
    public async Task EndProcessesAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _processes.Clear();
    }

    [Test]
    public async Task A_value_is_taken_over_once_and_its_former_owner_writes_it_no_more()
    {
        var (one, two) = await StartAsync();
        Assert.That(await one.PutAsync("key", "a", Bytes("first"), Long));
        Assert.That(await one.PutAsync("key", "a", Bytes("second"), Long));
        Assert.That(await two.PutAsync("key", "b", Bytes("strange"), Long), Is.False);
        Assert.That(Text(await two.TakeAsync("key", "b")), Is.EqualTo("second"));
        Assert.That(await two.TakeAsync("key", "c"), Is.Null);
        Assert.That(await one.PutAsync("key", "a", Bytes("late"), Long), Is.False);
        Assert.That(await one.TakeAsync("key", "a"), Is.Null, "it was not written");
        Assert.That(await two.PutAsync("key", "b", Bytes("third"), Long));
        Assert.That(Text(await one.TakeAsync("key", "d")), Is.EqualTo("third"));
    }

    [Test]
    public async Task Of_many_who_take_one_gets_it()
    {
        var (one, two) = await StartAsync();
        await one.PutAsync("key", "owner", Bytes("value"), Long);
        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).TakeAsync("key", $"taker{i}").AsTask()));
        Assert.That(taken.Count(value => value is not null), Is.EqualTo(1));
    }

    [Test]
    public async Task A_released_value_is_gone_but_for_its_owner_alone()
    {
        var (one, two) = await StartAsync();
        await one.PutAsync("key", "a", Bytes("value"), Long);
        await two.ReleaseAsync("key", "b");
        Assert.That(await two.TakeAsync("key", "b"), Is.Not.Null);
        await one.ReleaseAsync("key", "a");
        Assert.That(await one.PutAsync("key", "a", Bytes("again"), Long), Is.False, "it was taken over");
        await two.ReleaseAsync("key", "b");
        Assert.That(await one.PutAsync("key", "a", Bytes("anew"), Long));
        await two.ReleaseAsync("nothing", "b");
    }

    [Test]
    public async Task Any_bytes_come_back_and_keys_are_apart()
    {
        var (one, two) = await StartAsync();
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        await one.PutAsync("key.1", "a", all, Long);
        await one.PutAsync("key.2", "a", ReadOnlyMemory<byte>.Empty, Long);
        Assert.That((await two.TakeAsync("key.1", "b"))!.Value.ToArray(), Is.EqualTo(all));
        Assert.That((await two.TakeAsync("key.2", "b"))!.Value.Length, Is.Zero);
    }

    [Test]
    public async Task What_cannot_be_is_refused()
    {
        var (state, _) = await StartAsync();
        Assert.That(async () => await state.PutAsync("no key!", "a", Bytes("value"), Long), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await state.PutAsync("key", "", Bytes("value"), Long), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await state.PutAsync("key", "a", Bytes("value"), TimeSpan.Zero), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(async () => await state.TakeAsync("no key!", "a"), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await state.ReleaseAsync("key", ""), Throws.InstanceOf<ArgumentException>());
    }

    private protected static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>The state as two processes see it; the same one for a layer of one process.</summary>
    private protected async Task<(ILeasedState One, ILeasedState Two)> StartAsync()
    {
        var one = await StartProcessAsync();
        return (one, await StartPeerAsync(one));
    }

    private protected virtual async Task<ILeasedState> StartPeerAsync(ILeasedState first) => await StartProcessAsync();

    private protected async Task<ILeasedState> StartProcessAsync(Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        configure?.Invoke(services);
        await AddLayerAsync(services.AddChannels());
        var process = services.BuildServiceProvider();
        _processes.Add(process);
        return process.GetRequiredKeyedService<ILeasedState>(ChannelLayerAliases.Default);
    }

    private protected static string? Text(ReadOnlyMemory<byte>? value) => value is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;
}
