using System.Globalization;
using System.Text;
using System.Text.Json;
using Channels.Layers.Redis;
using Channels.Tests.Interop;
using Channels.Tests.Support;

namespace Channels.Tests.Layers.Redis;

/// <summary>What is published in the core layout: history and inboxes are written by one script, whoever the members are.</summary>
public sealed class PublishScriptTests : RedisTestBase
{
    private const string Room = "asgi:group:room";
    private const string Log = "asgi:history:{room}";

    [TestCase("msgpack")]
    [TestCase("json")]
    public async Task A_group_that_is_unknown_or_has_changed_is_published_to_in_one_script(string format)
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.SerializerFormat = format);
        await AddAsync(server, "p!1");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "unknown");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "known");
        await AddAsync(server, "p!2", "q!1", "worker");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "more members");
        await server.CommandAsync("ZREM", Room, "p!1", "p!2");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "fewer members");
        await server.CommandAsync("DEL", Room);
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "none");
        Assert.That(await CountsAsync(server, Log, "asgip!", "asgiq!", "asgiworker"), Is.EqualTo(new[] { 5, 3, 2, 2 }));
    }

    [Test]
    [Description("A server cannot make encrypted copies, nor does it know rules for capacities: it writes when the members are those that the copies were made for.")]
    public async Task Where_the_server_cannot_make_copies_it_writes_all_or_nothing([Values] bool encrypted)
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options =>
        {
            if (encrypted)
            {
                options.SymmetricEncryptionKeys.Add("a secret");
            }
            else
            {
                options.ChannelCapacity.Add(new("q!*", 1));
            }
        });
        await AddAsync(server, "p!1");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(2), "unknown: the members first");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(1), "known");
        await AddAsync(server, "q!1");
        Assert.That(await ScriptsAsync(server, layer), Is.EqualTo(2), "changed: nothing was written at first");
        Assert.That(await CountsAsync(server, Log, "asgip!", "asgiq!"), Is.EqualTo(new[] { 3, 3, 1 }));
        await PublishAsync(layer, Numbered(4));
        Assert.That(await CountsAsync(server, Log, "asgip!", "asgiq!"), Is.EqualTo(new[] { 4, 4, encrypted ? 2 : 1 }));
    }

    [TestCase("msgpack")]
    [TestCase("json")]
    public async Task A_process_that_dies_as_the_script_has_run_leaves_a_history_and_inboxes_that_agree(string format)
    {
        var server = await StartServerAsync();
        await using var proxy = new FaultProxy(server.Port);
        var layer = MakeCore(proxy.Address, options => options.SerializerFormat = format);
        await AddAsync(server, "p!1", "q!1");
        await layer.StartAsync();
        proxy.HoldAnswers();
        var publishing = PublishAsync(layer, Numbered(1)).AsTask();
        await Eventually.Is(async () => (await CountsAsync(server, Log))[0] == 1);
        Assert.That(await CountsAsync(server, Log, "asgip!", "asgiq!"), Is.EqualTo(new[] { 1, 1, 1 }));
        proxy.CutAll();
        Assert.That(async () => await publishing, Throws.TypeOf<ChannelLayerUnavailableException>().With.Property("OutcomeUnknown").True);
    }

    [Test]
    public async Task One_whose_answer_was_lost_is_found_by_who_never_saw_the_group()
    {
        var server = await StartServerAsync();
        await AddAsync(server, "p!1");
        var mark = WirePosition.NewMark();
        var first = await PublishAsync(MakeCore(server.Address), Numbered(1), mark);
        Assert.That(await PublishAsync(MakeCore(server.Address), Numbered(1), mark, again: true), Is.EqualTo(first));
        Assert.That(await CountsAsync(server, Log, "asgip!"), Is.EqualTo(new[] { 1, 1 }));
    }

    [TestCase("msgpack")]
    [TestCase("json")]
    public async Task Copies_that_the_server_makes_are_those_of_our_codec_for_names_of_all_sizes(string format)
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.SerializerFormat = format);
        string[] names =
        [
            "p!".PadRight(31, 'x'), "p!".PadRight(32, 'x'), "p!".PadRight(99, 'x'), "q!".PadRight(255, 'x'), "q!".PadRight(256, 'x'),
            "r!".PadRight(65_535, 'x'), "s!".PadRight(65_536, 'x'), "worker", "many.less!", .. Inbox("many", 15), .. Inbox("more", 16), .. Inbox("most", 300),
        ];
        await AddAsync(server, names);
        await AssertCopiesAsync(server, layer, new("test.sizes", new() { ["text"] = "grüße \"😀\"" }), names);
        static IEnumerable<string> Inbox(string process, int count) => Enumerable.Range(0, count).Select(n => $"{process}!{n}");
    }

    [TestCase("msgpack")]
    [TestCase("json")]
    public async Task Copies_that_the_server_makes_are_those_of_our_codec_for_all_recorded_values(string format)
    {
        string[] names = ["p!1", "p!2", "worker"];
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.SerializerFormat = format);
        await AddAsync(server, names);
        var count = 0;
        foreach (var vector in WireVectors.Load().GetProperty(format + "_encode").GetProperty("cases").EnumerateArray())
        {
            if (ToMessage(((IHistoryLayer)layer).Parts.Codec, vector) is { } message)
            {
                count++;
                await AssertCopiesAsync(server, layer, message, names);
            }
        }

        Assert.That(count, Is.GreaterThan(10));
    }

    [Test]
    [Description("A server's Lua must tell names from strangers' bytes as this process does.")]
    public async Task Strangers_bytes_have_no_inbox_and_are_reported_whatever_they_are()
    {
        var server = await StartServerAsync();
        using var drops = new DropCounter();
        var layer = MakeCore(server.Address, metrics: drops.Metrics);
        var random = new Random(13);
        byte[] bytes = [(byte)'a', (byte)'!', 0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbd, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
        string[] texts = ["\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffc", "\ufffd", "\ufffe", "\U00010000", "\U0010ffff", "a b", "", "!", "x!y!z"];
        HashSet<string> stored = [.. texts.Select(text => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text)))];
        while (stored.Count < 450)
        {
            stored.Add(Encoding.Latin1.GetString(random.GetItems(bytes, random.Next(1, 5))));
        }

        await AddAsync(server, [.. stored.Order(StringComparer.Ordinal)]);
        var names = stored.Order(StringComparer.Ordinal).Select(name => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(name)))
            .Where(name => name.Length > 0 && !name.Contains('\ufffd', StringComparison.Ordinal)).ToArray();
        await AssertCopiesAsync(server, layer, Numbered(1), names);
        Assert.That(drops["undecodable"], Is.EqualTo(1));
        Assert.That(await server.CommandAsync("EVAL", "return #redis.call('KEYS', 'asgi[^:]*')", "0"), Is.EqualTo(":0\n"), "no inbox but those that were looked at");
    }

    [Test]
    public async Task Inboxes_that_are_full_and_members_that_are_excepted_or_expired_get_nothing()
    {
        var server = await StartServerAsync();
        using var drops = new DropCounter();
        var layer = MakeCore(server.Address, options => options.Capacity = 2, metrics: drops.Metrics);
        await AddAsync(server, "full!1", "p!1", "p!2", "skips!1");
        await server.CommandAsync("ZADD", Room, "1", "stale!1");
        await server.CommandAsync("ZADD", "asgifull!", "9999999998", "a", "9999999999", "b", "1", "expired");
        var message = Numbered(1) with { Except = ["p!2", "skips!1"] };
        foreach (var known in new[] { false, true })
        {
            await AssertCopiesAsync(server, layer, message, ["p!1"]);
            await Eventually.Is(() => drops["capacity"] == (known ? 2 : 1));
            Assert.That(await CountsAsync(server, "asgifull!", "asgiskips!", "asgistale!"), Is.EqualTo(new[] { 2, 0, 0 }));
        }

        Assert.That(await CountsAsync(server, Room, Log), Is.EqualTo(new[] { 4, 2 }));
    }

    [Test]
    public async Task An_inbox_that_is_none_makes_a_publish_fail_before_anything_is_written([Values] bool encrypted)
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options =>
        {
            if (encrypted)
            {
                options.SymmetricEncryptionKeys.Add("a secret");
            }
        });
        await AddAsync(server, "p!1", "string!1");
        await server.CommandAsync("SET", "asgistring!", "a stranger's");
        Assert.That(async () => await PublishAsync(layer, Numbered(1)), Throws.TypeOf<ChannelLayerUnavailableException>().With.Property("OutcomeUnknown").False);
        Assert.That(await CountsAsync(server, Log, "asgip!"), Is.EqualTo(new[] { 0, 0 }));
    }

    [Test]
    public async Task A_copy_that_its_receivers_names_make_too_large_is_refused_before_anything_is_written()
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address, options => options.MaxMessageBytes = 1024);
        await AddAsync(server, [.. Enumerable.Range(0, 20).Select(n => $"p!{n:d60}")]);
        Assert.That(async () => await PublishAsync(layer, Numbered(1)), Throws.TypeOf<MessageTooLargeException>());
        Assert.That(await CountsAsync(server, Log, "asgip!"), Is.EqualTo(new[] { 0, 0 }));
    }

    [TestCase(2_001, 4, Description = "too many names for a server to write: this process does, and all is one script")]
    [TestCase(501, 501, Description = "too many inboxes for one script: the history first")]
    public async Task Larger_groups_get_what_is_published_too(int members, int inboxes)
    {
        var server = await StartServerAsync();
        var layer = MakeCore(server.Address);
        await AddAsync(server, [.. Enumerable.Range(0, members).Select(n => $"p{n % inboxes}!{n}")]);
        string[] keys = [Log, .. Enumerable.Range(0, inboxes).Select(n => $"asgip{n}!")];
        await PublishAsync(layer, Numbered(1));
        Assert.That(await CountsAsync(server, keys), Is.All.EqualTo(1));
        var scripts = await ScriptsAsync(server, layer);
        Assert.That(scripts == 1, Is.EqualTo(inboxes < 500), $"{scripts} scripts");
        Assert.That(await CountsAsync(server, keys), Is.All.EqualTo(2));
    }

    private static ValueTask<HistoryPosition> PublishAsync(IHistoryLayer layer, ChannelMessage message, string? mark = null, bool again = false) =>
        layer.PublishAsync(new("room", message, mark ?? WirePosition.NewMark(), again), new(layer.Parts, new()), default);

    private static Task AddAsync(RedisServer server, params string[] names) =>
        server.CommandAsync(["ZADD", Room, .. names.SelectMany((name, index) => new[] { (9_999_000_000 + index).ToString(CultureInfo.InvariantCulture), name })]);

    // Publishes, and takes each inbox' only message out of it.
    private static async Task AssertCopiesAsync(RedisServer server, RedisCoreLayer layer, ChannelMessage message, string[] names)
    {
        const string take = """
            local taken = redis.call('ZPOPMIN', KEYS[1], 2)
            local hex = string.gsub(taken[1] or '', '.', function(byte) return string.format('%02x', string.byte(byte)) end)
            return {#taken / 2, hex}
            """;
        var parts = ((IHistoryLayer)layer).Parts;
        var position = WirePosition.Of(await PublishAsync(layer, message), "room");
        HashSet<string> prefixes = [];
        foreach (var inbox in names.GroupBy(ChannelNames.NonLocalPart))
        {
            var expected = Convert.ToHexStringLower(parts.Codec.Encode(message, inbox.Select(name => (MessageValue)name).ToArray(), position));
            var answer = (await server.CommandAsync("EVAL", take, "1", "asgi" + Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(inbox.Key)))).Split('\n');
            Assert.That(answer[1], Is.EqualTo(":1"), inbox.Key);
            Assert.That(answer[3][24..], Is.EqualTo(expected[24..]), "behind the random prefix");
            prefixes.Add(answer[3][..24]);
        }

        Assert.That(prefixes, Does.Not.Contain(new string('0', 24)));
    }

    private static ChannelMessage? ToMessage(WireCodec codec, JsonElement vector)
    {
        try
        {
            var message = new ChannelMessage("test.value", new() { ["value"] = WireVectors.Value(vector.GetProperty("value")) });
            return codec.Encode(message).Length < 100_000 ? message : null;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            return null; // too deep inside of a message, or larger than our integers
        }
    }

    // How many scripts a publish takes. By itself a process runs one from time to time that asks INFO, as this does.
    private static async Task<long> ScriptsAsync(RedisServer server, RedisCoreLayer layer)
    {
        var before = await CallsAsync();
        await PublishAsync(layer, Numbered(1));
        var after = await CallsAsync();
        return after.Scripts - before.Scripts - (after.Infos - before.Infos - 1);

        async Task<(long Scripts, long Infos)> CallsAsync()
        {
            var calls = (await server.CommandAsync("INFO", "commandstats")).Split('\n').Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal))
                .ToLookup(line => line.Split('_', ':')[1], line => long.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture));
            return (calls["eval"].Sum() + calls["evalsha"].Sum(), calls["info"].Sum()); // the first time by text
        }
    }

    // How many messages or members each key has, all at one moment.
    private static async Task<int[]> CountsAsync(RedisServer server, params string[] keys)
    {
        const string count = "local counts = {} for i = 1, #KEYS do counts[i] = redis.call(redis.call('TYPE', KEYS[i]).ok == 'stream' and 'XLEN' or 'ZCARD', KEYS[i]) end return counts";
        var answer = await server.CommandAsync(["EVAL", count, keys.Length.ToString(CultureInfo.InvariantCulture), .. keys]);
        return [.. answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => int.Parse(line[1..], CultureInfo.InvariantCulture))];
    }
}
