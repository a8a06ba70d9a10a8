using Channels.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Layers.Redis.Jobs;

[TestFixture("resp2")]
[TestFixture("resp3")]
public sealed class RedisDeadLetterTests(string protocol)
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Test]
    public async Task Letters_come_back_whole_oldest_first_and_each_is_taken_once()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var store = host.Services.GetRequiredService<IDeadLetterStore>();
        var first = await store.AddAsync(Letter(1) with { Acknowledged = true });
        var second = await store.AddAsync(Letter(2));
        var letters = await store.ListAsync("jobs");
        Assert.That(letters, Is.EqualTo(new[] { first, second }));
        Assert.That(letters[0], Is.EqualTo(Letter(1) with { Id = first.Id, Acknowledged = true }));
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.TakeAsync("jobs", first.Id).AsTask()));
        Assert.That(taken.Count(letter => letter is not null), Is.EqualTo(1));
        Assert.That(await store.ListAsync("jobs"), Is.EqualTo(new[] { second }));
        Assert.That(await store.TakeAsync("jobs", "* or worse"), Is.Null);
    }

    [Test]
    public async Task The_number_of_letters_is_bounded_and_the_key_ends_with_the_retention()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server, new() { ["Channels:DeadLetters:Capacity"] = "5", ["Channels:DeadLetters:Retention"] = "01:00:00" });
        var store = host.Services.GetRequiredService<IDeadLetterStore>();
        for (var n = 0; n < 500; n++)
        {
            await store.AddAsync(Letter(n));
        }

        Assert.That((await store.ListAsync("jobs")).Select(letter => letter.Message.Fields["n"].GetInt64()), Is.EqualTo(new long[] { 495, 496, 497, 498, 499 }));
        Assert.That(Number(await server.CommandAsync("XLEN", "asgi:dead:{jobs}")), Is.LessThan(250), "trimmed in whole nodes");
        Assert.That(Number(await server.CommandAsync("TTL", "asgi:dead:{jobs}")), Is.InRange(3500, 3600));
    }

    [Test]
    [Proves("FG-7")]
    public async Task Letters_are_bounded_by_bytes_and_large_messages_cut_and_marked()
    {
        await using var server = await RedisServer.StartAsync();
        var log = new Consumers.LogRecorder();
        using var host = Build(server, new() { ["Channels:DeadLetters:MaxBytes"] = "400000", ["Channels:DeadLetters:MaxBodyBytes"] = "50000" }, log: log);
        var store = host.Services.GetRequiredService<IDeadLetterStore>();
        for (var n = 0; n < 40; n++)
        {
            await store.AddAsync(Letter(n) with { Message = new("job", new() { ["n"] = n, ["png"] = new byte[1 << 20] }) });
        }

        var letters = await store.ListAsync("jobs");
        Assert.That(letters, Has.Count.InRange(3, 8));
        Assert.That(letters[^1].Message.Fields["n"].GetInt64(), Is.EqualTo(39), "the newest stay");
        Assert.That(letters.Select(letter => letter.IsCut), Is.All.True);
        Assert.That(log.Lines.Where(line => line.Id == 7030).Select(line => line.Text), Has.One.Contains("Channels:DeadLetters:MaxBytes"), "told once");
        Assert.That(Number(await server.CommandAsync("MEMORY", "USAGE", "asgi:dead:{jobs}", "SAMPLES", "0")), Is.LessThanOrEqualTo(400_000));
    }

    [Test]
    [Proves("FG-7")]
    public async Task An_error_that_quotes_what_failed_is_cut_between_two_characters()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server);
        var store = host.Services.GetRequiredService<IDeadLetterStore>();
        var given = await store.AddAsync(Letter(1) with { Error = "x" + string.Concat(Enumerable.Repeat("😀", 100_000)) });
        Assert.That(given.Error, Has.Length.EqualTo(1_999), "what was kept");
        Assert.That(await store.ListAsync("jobs"), Is.EqualTo(new[] { given }));
    }

    [Test]
    public async Task A_letter_older_than_the_retention_is_not_listed()
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("XADD", "asgi:dead:{jobs}", "1000-0", "body", "x");
        using var host = Build(server);
        Assert.That(await host.Services.GetRequiredService<IDeadLetterStore>().ListAsync("jobs"), Is.Empty);
    }

    [Test]
    public async Task Letters_are_encrypted_like_messages_and_foreign_entries_left_out()
    {
        await using var server = await RedisServer.StartAsync();
        using var host = Build(server, configure: options => options.SymmetricEncryptionKeys.Add("secret"));
        var store = host.Services.GetRequiredService<IDeadLetterStore>();
        await store.AddAsync(Letter(1) with { Message = new("job", new MessageMap { ["n"] = "top-secret-text" }) });
        await server.CommandAsync("XADD", "asgi:dead:{jobs}", "*", "body", "nonsense");
        await server.CommandAsync("XADD", "asgi:dead:{jobs}", "*", "what", "ever");
        Assert.That(await server.CommandAsync("XRANGE", "asgi:dead:{jobs}", "-", "+"), Does.Not.Contain("top-secret-text"));
        Assert.That(await store.ListAsync("jobs"), Has.Count.EqualTo(1));
    }

    private static DeadLetter Letter(long number) => new("", "jobs", new("job", new MessageMap { ["n"] = number }), "Exception: bad ü", 3, At);

    private static int Number(string answer) => int.Parse(answer.Trim().TrimStart(':'), System.Globalization.CultureInfo.InvariantCulture);

    private IHost Build(RedisServer server, Dictionary<string, string?>? settings = null, Action<RedisLayerOptions>? configure = null, ILoggerFactory? log = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        if (log is not null)
        {
            builder.Services.AddSingleton(log);
        }

        builder.Services.AddChannels().AddRedisDeadLetters().AddRedisLayer(configure: options =>
        {
            options.Hosts.Add($"{server.Address},protocol={protocol}");
            RedisOptions.BePatient(options);
            configure?.Invoke(options);
        });
        return builder.Build();
    }
}
