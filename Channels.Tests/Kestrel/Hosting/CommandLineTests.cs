using Channels.Kestrel;
using Channels.Tests.Support;

namespace Channels.Tests.Kestrel.Hosting;

/// <summary>Verbs, switches, and what is left for configuration.</summary>
public sealed class CommandLineTests
{
    [TestCase("", null)]
    [TestCase("-p 123", "http://127.0.0.1:123")]
    [TestCase("--port 0", "http://127.0.0.1:0")]
    [TestCase("-b 10.1.2.3", "http://10.1.2.3:8000")]
    [TestCase("-b 10.1.2.3 -p 123", "http://10.1.2.3:123")]
    [TestCase("--bind=10.1.2.3 --port=123", "http://10.1.2.3:123")]
    [TestCase("--urls http://a:1;http://b:2", "http://a:1;http://b:2")]
    [Proves("C-CLI-01")]
    public void Host_and_port_have_defaults_of_their_own(string line, string? urls) =>
        Assert.That(Urls(line), Is.EqualTo(urls));

    [TestCase("-b 200a::1", "http://[200a::1]:8000")]
    [TestCase("-b [200a::1]", "http://[200a::1]:8000")]
    [TestCase("-b [200a::1] -p 7", "http://[200a::1]:7")]
    [Proves("C-CLI-02")]
    public void IPv6_hosts_come_with_and_without_brackets(string line, string urls) => Assert.That(Urls(line), Is.EqualTo(urls));

    [Test]
    [Proves("C-CLI-03")]
    public void A_unix_socket_alone_opens_no_port() => Assert.That(Urls("-u /tmp/app.sock"), Is.EqualTo("http://unix:/tmp/app.sock"));

    [Test]
    [Proves("C-CLI-04")]
    public void Several_ways_to_listen_add_up() =>
        Assert.That(Urls("--urls http://a:1 -u /tmp/app.sock -p 123"), Is.EqualTo("http://a:1;http://unix:/tmp/app.sock;http://127.0.0.1:123"));

    [TestCase("-p x", "port")]
    [TestCase("-p 65536", "port")]
    [TestCase("-p -1", "-p")]
    [TestCase("-p", "-p VALUE")]
    [TestCase("-p 1 -p 2", "-p")]
    [TestCase("--urls", "--urls VALUE")]
    [TestCase("-x 5", "-x")]
    [Proves("C-CLI-05")]
    public void What_makes_no_sense_is_an_error_that_says_so(string line, string named) =>
        Assert.That(Parse(line).Error, Does.Contain(named));

    [TestCase("--server-name me", "--Channels:Server:ServerHeader=me")]
    [TestCase("-s me", "--Channels:Server:ServerHeader=me")]
    [TestCase("--no-server-name", "--Channels:Server:ServerHeader=")]
    [TestCase("--root-path /chat", "--Channels:Server:RootPath=/chat")]
    [TestCase("--access-log", "--Channels:Server:AccessLog=true")]
    [TestCase("--trusted-proxy 10.0.0.1", "--Channels:Server:TrustedProxies:0=10.0.0.1")]
    [TestCase("--Kestrel:Limits:MaxConcurrentConnections 5", "--Kestrel:Limits:MaxConcurrentConnections=5")]
    [TestCase("/key value", "--key=value")]
    [TestCase("key=value=x", "--key=value=x")]
    [TestCase("--server-name=", "--Channels:Server:ServerHeader=")]
    [Proves("C-CLI-07")]
    public void Switches_and_pairs_become_configuration(string line, string expected) =>
        Assert.That(Parse(line).Configuration, Is.EqualTo(new[] { expected }));

    [Test]
    public void A_verb_takes_the_words_and_configuration_the_pairs()
    {
        var line = Parse("worker --layer jobs thumbnails --concurrency=4 mails");

        Assert.That(line.Verb, Is.EqualTo("worker"));
        Assert.That(line.Words, Is.EqualTo(new[] { "thumbnails", "mails" }));
        Assert.That(line.Configuration, Is.EqualTo(new[] { "--layer=jobs", "--concurrency=4" }));
    }

    [Test]
    public void A_path_is_a_word_and_no_key()
    {
        var line = Parse("contract /tmp/client.ts /key /a/b");

        Assert.That(line.Words, Is.EqualTo(new[] { "/tmp/client.ts" }));
        Assert.That(line.Configuration, Is.EqualTo(new[] { "--key=/a/b" }));
    }

    [TestCase("")]
    [TestCase("--port 5")]
    [TestCase("urls=http://a")]
    public void Without_a_verb_the_program_serves(string line) => Assert.That(Parse(line).Verb, Is.EqualTo("serve"));

    [TestCase("--help", "routes", "layer", "dead-letters", "--trusted-proxy", "greet <NAME>")]
    [TestCase("-h", "serve")]
    [TestCase("routes -h", "print the tree", "--port")]
    [TestCase("worker --help", "<NAME>", "--concurrency <N>")]
    [TestCase("layer send -h", "<ALIAS> <CHANNEL|group:NAME> <TYPE>", "[<JSON>]")]
    [TestCase("greet -h", "<NAME>", "--greeting <WORD>", "says hello")]
    [TestCase("[suggest] wor", "worker")]
    [TestCase("[suggest] --acc", "--access-log")]
    [Proves("E-70")]
    public async Task Help_and_completion_know_verbs_words_and_switches(string line, params string[] named)
    {
        var output = new StringWriter();
        var builder = ChannelsHost.CreateBuilder(line.Split(' '));
        builder.Verbs.Add(new Greet());

        Assert.That(await Parse(line).AnswerAsync([.. builder.Verbs], output, default), Is.Zero);
        Assert.That(named, Has.All.Matches<string>(output.ToString().Contains), output.ToString());
        Assert.That(await builder.RunAsync(), Is.Zero);
    }

    [TestCase("-p 18202 routes", "routes")]
    [TestCase("--layer redis worker jobs", "worker")]
    [TestCase("--access-log layer ping", "layer")]
    [TestCase("--Channels:Server:HealthChecks false serve", "serve")]
    [Proves("FN-5")]
    public void A_verb_may_stand_behind_switches(string line, string verb) => Assert.That(Parse(line).Verb, Is.EqualTo(verb));

    [TestCase("wroker jobs", "worker")]
    [TestCase("--prot 18202", "--port")]
    [TestCase("--Port 18202", "--port")]
    [TestCase("worker jobs --concurency 4", "--concurrency")]
    [TestCase("--enviroment Production", "--environment")]
    [TestCase("--acess-log", "--access-log")]
    [TestCase("serve foo", "foo")]
    [TestCase("routes --access-log file", "file")]
    [TestCase("--access-log=file", "no value")]
    [TestCase("worker", "NAME")]
    [TestCase("layer", "ping, send")]
    [TestCase("layer pong", "ping")]
    [TestCase("layer ping one two", "two")]
    [TestCase("layer send default", "CHANNEL")]
    [TestCase("dead-letters lst jobs", "list")]
    [TestCase("@arguments", "@arguments")]
    [Proves("FN-5")]
    public async Task A_misspelt_or_needless_word_starts_nothing_and_is_told_what_was_meant(string line, string named)
    {
        Assert.That(Parse(line).FindError([.. ChannelsHost.CreateBuilder([]).Verbs]), Does.Contain(named));
        Assert.That(await ChannelsHost.CreateBuilder(line.Split(' ')).RunAsync(), Is.EqualTo(2));
    }

    [TestCase("--greeting hello")]
    [TestCase("prot=5")]
    [TestCase("--Environment Production")]
    [TestCase("worker jobs --concurrency=4")]
    [TestCase("worker serve routes")]
    [TestCase("--bind=serve serve")]
    [TestCase("layer send default jobs job.run {\"text\":\"a=b\"}")]
    [TestCase("--Kestrel:Limits:MaxConcurrentConnections 5")]
    public void Keys_of_ones_own_are_fine(string line) => Assert.That(Parse(line).FindError([.. ChannelsHost.CreateBuilder([]).Verbs]), Is.Null);

    [TestCase("dance")]
    [TestCase("serve -p x")]
    public async Task A_wrong_command_line_ends_with_2(string line)
    {
        var builder = ChannelsHost.CreateBuilder(line.Split(' '));

        Assert.That(await builder.RunAsync(), Is.EqualTo(2));
        Assert.That(builder.Build, Throws.InvalidOperationException);
    }

    [Test]
    public void An_unknown_verb_is_told_which_ones_exist() =>
        Assert.That(Parse("dance").FindError([.. ChannelsHost.CreateBuilder([]).Verbs]), Does.Contain("dance").And.Contain("serve").And.Contain("routes").And.Not.Contain("\n"));

    private sealed class Greet : HostVerb
    {
        public override string Name => "greet";

        public override string Summary => "says hello";

        public override string Arguments => "NAME [--greeting WORD]";

        public override Task<int> RunAsync(HostVerbContext context, CancellationToken cancellationToken) => Task.FromResult(0);
    }

    private static global::Channels.Kestrel.CommandLine Parse(string line) => global::Channels.Kestrel.CommandLine.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static string? Urls(string line) =>
        Parse(line).Configuration.SingleOrDefault(entry => entry.StartsWith("--urls=", StringComparison.Ordinal))?["--urls=".Length..];
}
