using System.Diagnostics;
using System.Globalization;
using Channels.Layers.Redis;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.EndToEnd;

/// <summary>The chat compiled ahead of time, once for all tests: it is small, starts at once, and does what the other does.</summary>
public sealed class NativeChatTests
{
    private const long MostBytes = 17_000_000; // notices growth; the goal of 14 MB is not reached: decision 0030
    private const int MostStarts = 20;
    private static readonly TimeSpan LongestStart = TimeSpan.FromMilliseconds(150);
    private const int TimesFaster = 4; // than what is compiled as it runs: ten times on a machine at rest
    private static readonly TimeSpan LongestPublish = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Enough = Eventually.Patience;
    private static readonly string[] Layouts = ["redis", "redis-pubsub"];
    private static TestFolder s_folder = null!; // set before the first test
    private static string s_said = "";

    private static string Program => s_folder.PathOf("Chat");

    [OneTimeSetUp]
    public static async Task PublishAsync()
    {
        ExternalTools.Require("clang");
        s_folder = new TestFolder();
        var watch = Stopwatch.StartNew();

        // Debugging symbols would be stripped from the program anyway, and make compiling it half as long again. Servers that
        // help compiling would be left behind. To collect garbage every 256 MB saves the compiler a tenth of its time.
        using var publish = Process.Start(new ProcessStartInfo(
            "dotnet",
            ["publish", Repository.PathOf("samples", "Chat"), "--configuration", "Release", "--output", s_folder.Path, "-nologo", "-p:NativeDebugSymbols=false", "--disable-build-servers"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCgen0size"] = "10000000", ["DOTNET_gcConcurrent"] = "0" },
        })!; // null only with the shell
        using var patience = new CancellationTokenSource(LongestPublish);
        var output = publish.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = publish.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            s_said = await output + await errors;
            await publish.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            publish.Kill(entireProcessTree: true);
            throw;
        }

        Assert.That(publish.ExitCode, Is.Zero, s_said);
        await TestContext.Progress.WriteLineAsync($"The chat was compiled ahead of time in {watch.Elapsed.TotalSeconds:0} s.");
    }

    [OneTimeTearDown]
    public static void Delete() => s_folder?.Dispose(); // null when it was not made

    [Test]
    public async Task It_is_one_small_file_and_nothing_is_warned_about()
    {
        var length = new FileInfo(Program).Length;
        await TestContext.Progress.WriteLineAsync($"The chat compiled ahead of time has {length:N0} bytes.");
        Assert.That(length, Is.LessThanOrEqualTo(MostBytes));
        Assert.That(Directory.EnumerateFiles(s_folder.Path).Select(Path.GetExtension), Is.All.AnyOf("", ".dbg", ".pdb", ".xml"), "nothing that it needs stands beside it");
        Assert.That(s_said, Does.Not.Contain("warning").IgnoreCase);
    }

    [Test]
    public async Task It_answers_soon_after_its_start()
    {
        await using var redis = await RedisServer.StartAsync();
        var native = await StartAsync(Program, redis);
        var usual = await StartAsync("Chat", redis);
        for (var starts = 1; IsLate() && starts < MostStarts; starts++)
        {
            (native, usual) = (await StartAsync(Program, redis), await StartAsync("Chat", redis)); // the machine had more to do than this
        }

        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"First answer of the chat after {native.TotalMilliseconds:0} ms when it is compiled ahead of time, after {usual.TotalMilliseconds:0} ms when it is not."));
        Assert.That(IsLate(), Is.False, $"{native} instead of {LongestStart}, or of a part of {usual}");

        // A machine that is busy delays both.
        bool IsLate() => native > LongestStart && native * TimesFaster > usual;
    }

    [Test]
    public Task Browsers_talk_reload_and_survive_a_restart() => ChatBrowserTests.TalkAsync(Program);

    [TestCaseSource(nameof(Layouts))]
    public Task It_shares_a_room_with_one_that_is_not_compiled_ahead(string layout) => SeveralProcessesTests.ShareAsync(Program, "Chat", layout);

    [TestCaseSource(nameof(Layouts))]
    public async Task It_sends_to_channels_and_groups_of_other_processes(string layout)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var services = Services(layout, redis);
        var layer = services.GetRequiredService<IChannelLayer>();
        await using var inbox = await layer.NewChannelAsync();
        await layer.GroupAddAsync("tea", inbox.Name);

        foreach (var (target, text) in new[] { (inbox.Name, "to one"), ("group:tea", "to all") })
        {
            var (exitCode, output) = await SampleProcess.RunAsync(
                Program, "layer", "send", "default", target, "chat.said", $$"""{"text":"{{text}}"}""", "--layer", layout, "--redis", redis.Address);
            Assert.That(exitCode, Is.Zero, output);
            var message = await inbox.ReceiveAsync().AsTask().WaitAsync(Enough);
            Assert.That((message.Type, message.Fields["text"].GetText()), Is.EqualTo(("chat.said", text)));
        }
    }

    private static ServiceProvider Services(string layout, RedisServer redis)
    {
        var services = new ServiceCollection();
        var channels = services.AddChannels();
        _ = layout == "redis" ? channels.AddRedisLayer(configure: RedisOptions.Of(redis.Address)) : channels.AddRedisPubSubLayer(configure: RedisOptions.Of(redis.Address));
        return services.BuildServiceProvider();
    }

    private static async Task<TimeSpan> StartAsync(string program, RedisServer redis)
    {
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        await using var chat = await SampleProcess.StartAsync(program, RedisOptions.Arguments("redis", redis.Address));
        using var answer = await http.GetAsync(chat.Url);
        answer.EnsureSuccessStatusCode();
        return watch.Elapsed;
    }
}
