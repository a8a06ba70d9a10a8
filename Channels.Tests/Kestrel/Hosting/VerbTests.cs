using Channels.Kestrel;
using Channels.Layers.Redis;
using Channels.Routing;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>What the built-in verbs print and return (E-70).</summary>
public sealed class VerbTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Test]
    [Proves("E-70")]
    public async Task Routes_prints_the_tree()
    {
        Assert.That(await RunAsync(new RoutesVerb(), root: new Outer((_, _, _) => Task.CompletedTask)), Is.Zero);
        Assert.That(_output.ToString(), Is.EqualTo($"Outer{Environment.NewLine}  function{Environment.NewLine}"));
    }

    [Test]
    [Proves("E-70")]
    public async Task Routes_names_what_cannot_start()
    {
        Assert.That(await RunAsync(new RoutesVerb(), root: new Outer((_, _, _) => Task.CompletedTask) { Broken = true }), Is.EqualTo(1));
        Assert.That(_error.ToString(), Does.Contain("Outer cannot start: broken"));
    }

    [Test]
    [Proves("FN-6")]
    public async Task A_mistake_in_a_route_is_one_line_and_no_exception_where_routes_are_written()
    {
        var root = new UrlRouter { { "ws/{room:slag}/", (_, _, _) => Task.CompletedTask } };
        Assert.That(await RunAsync(new RoutesVerb(), root), Is.EqualTo(1));
        Assert.That(_error.ToString().Trim(), Does.StartWith("UrlRouter cannot start: The template 'ws/{room:slag}/' is not valid at position ").And.Contain("'slag' is not known").And.Not.Contain("\n"));
    }

    [Test]
    [Proves("E-70")]
    public async Task Layer_ping_measures_a_round_trip()
    {
        Assert.That(await RunAsync(new LayerVerb(), words: ["ping"]), Is.Zero);
        Assert.That(_output.ToString(), Does.Contain("default: a message came back in "));
    }

    [Test]
    [Proves("E-70")]
    public async Task Layer_send_puts_a_message_into_a_channel()
    {
        await using var host = SharingHost();
        Assert.That(await RunAsync(host, new LayerVerb(), ["send", "default", "jobs", "job.run", """{"n":5,"list":[1.5,true,null],"map":{"t":"x"}}"""]), Is.Zero);

        var message = await host.Services.GetRequiredService<IChannelLayer>().ReceiveAsync("jobs");
        Assert.That(message.Type, Is.EqualTo("job.run"));
        Assert.That(message.Fields["n"], Is.EqualTo((MessageValue)5));
        Assert.That(message.Fields["map"], Is.EqualTo((MessageValue)new MessageMap { ["t"] = "x" }));
    }

    [Test]
    [Proves("E-70")]
    public async Task Layer_send_reaches_a_group()
    {
        await using var host = SharingHost();
        var layer = host.Services.GetRequiredService<IChannelLayer>();
        await layer.GroupAddAsync("room", "member");
        Assert.That(await RunAsync(host, new LayerVerb(), ["send", "default", "group:room", "chat.message"]), Is.Zero);

        Assert.That((await layer.ReceiveAsync("member")).Type, Is.EqualTo("chat.message"));
    }

    [TestCase("jobs")]
    [TestCase("group:room")]
    [Proves("E-70", "FN-7")]
    public async Task Layer_send_does_not_pretend_that_a_layer_in_memory_reaches_anybody(string target)
    {
        Assert.That(await RunAsync(new LayerVerb(), words: ["send", "default", target, "chat.message"]), Is.EqualTo(1));
        Assert.That(_error.ToString(), Does.Contain("'default' reaches nobody outside this process").And.Contain("AddRedisLayer"));
        Assert.That(_output.ToString(), Is.Empty);
    }

    [TestCase("ping nowhere", "nowhere")]
    [TestCase("send default bad/name t", "bad/name")]
    [TestCase("send default c t [1]", "JSON object")]
    [TestCase("send default c t {", "")]
    [Proves("E-70")]
    public async Task A_wrong_layer_command_says_why(string words, string named)
    {
        await using var host = SharingHost();
        Assert.That(await RunAsync(host, new LayerVerb(), words.Split(' ')), Is.EqualTo(1));
        Assert.That(_error.ToString(), Does.Contain(named));
    }

    [TestCase("routes", true)]
    [TestCase("layer ping", true)]
    [TestCase("serve", false)]
    [TestCase("worker jobs", false)]
    [Proves("FN-14")]
    public async Task Log_lines_stay_out_of_what_a_verb_prints(string line, bool onError)
    {
        var builder = ChannelsHost.CreateBuilder(line.Split(' '));
        builder.Root = (_, _, _) => Task.CompletedTask;
        await using var host = builder.Build();
        var console = host.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;
        Assert.That(console.LogToStandardErrorThreshold, Is.EqualTo(onError ? LogLevel.Trace : LogLevel.None));
    }

    [Test]
    [Proves("FN-13")]
    public async Task An_unknown_alias_is_answered_with_those_there_are()
    {
        Assert.That(await RunAsync(new LayerVerb(), words: ["ping", "defualt"]), Is.EqualTo(1));
        Assert.That(_error.ToString().Trim(), Is.EqualTo("There is no channel layer 'defualt'; did you mean 'default'? Registered are: default. Name one of these, or add it to services.AddChannels()."));
    }

    [TestCase("ping")]
    [TestCase("send default jobs job.run")]
    [TestCase("send default group:room job.run")]
    [Proves("FC-5", "FN-6")]
    public async Task A_layer_that_is_away_is_told_in_one_line(string words)
    {
        var builder = ChannelsHost.CreateBuilder([]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider());
        builder.Root = (_, _, _) => Task.CompletedTask;
        builder.Services.AddChannels().AddRedisLayer(configure: options => options.Hosts.Add($"127.0.0.1:{FreePort.Next()}"));
        await using var host = builder.Build();
        Assert.That(await RunAsync(host, new LayerVerb(), words.Split(' ')), Is.EqualTo(1));
        Assert.That(_error.ToString().Trim().Split('\n'), Has.Exactly(1).Contains("unavailable"));
    }

    [Test]
    public async Task Whatever_a_verb_throws_is_one_line_and_exit_code_1()
    {
        Assert.That(await RunAsync(new Failing()), Is.EqualTo(1));
        Assert.That(_error.ToString().Trim(), Is.EqualTo("first line second line"));
    }

    [Test]
    public async Task A_verb_of_ones_own_is_run_with_its_words()
    {
        var builder = ChannelsHost.CreateBuilder(["greet", "ann", "--greeting=hello"]);
        builder.Root = (_, _, _) => Task.CompletedTask;
        var verb = new Greet();
        builder.Verbs.Add(verb);

        Assert.That(await builder.RunAsync(), Is.EqualTo(7));
        Assert.That(verb.Said, Is.EqualTo("hello ann"));
    }

    private static ChannelsHost Host(Application? root)
    {
        var builder = ChannelsHost.CreateBuilder();
        builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider()); // no patience of a verb's ends on a slow machine
        builder.Root = root ?? ((_, _, _) => Task.CompletedTask);
        return builder.Build();
    }

    private static ChannelsHost SharingHost()
    {
        var builder = ChannelsHost.CreateBuilder();
        builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider()); // as above
        builder.Root = (_, _, _) => Task.CompletedTask;
        builder.Services.AddChannels(channels => channels.AddLayer(ChannelLayerAliases.Default, _ => new SharedLayer()));
        return builder.Build();
    }

    private async Task<int> RunAsync(HostVerb verb, Application? root = null, string[]? words = null)
    {
        await using var host = Host(root);
        return await RunAsync(host, verb, words ?? []);
    }

    private Task<int> RunAsync(ChannelsHost host, HostVerb verb, string[] words) => verb.RunGuardedAsync(new HostVerbContext(host, words, _output, _error), default);

    private sealed class Outer(Application inner) : ApplicationMiddleware(inner)
    {
        public bool Broken { get; init; }

        public override void Prepare(IServiceProvider services)
        {
            if (Broken)
            {
                throw new InvalidOperationException("broken");
            }
        }

        public override Task InvokeAsync(Scope scope, Receive receive, Send send) => Inner(scope, receive, send);
    }

    private sealed class Failing : HostVerb
    {
        public override string Name => "fail";

        public override string Summary => "fails";

        public override Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken) => throw new NotSupportedException("first line\nsecond line");
    }

    private sealed class Greet : HostVerb
    {
        public string Said { get; private set; } = "";

        public override string Name => "greet";

        public override string Summary => "says hello";

        public override string Arguments => "NAME [--greeting WORD]";

        public override Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken)
        {
            var configuration = context.Host.Services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>();
            Said = $"{configuration["greeting"]} {context.Arguments[0]}";
            return Task.FromResult(7);
        }
    }

    // A layer that says that other processes have it too.
    private sealed class SharedLayer() : LayerAround(new InMemoryChannelLayer())
    {
        public override ChannelLayerFeatures Features => base.Features | ChannelLayerFeatures.Distributed;
    }
}
