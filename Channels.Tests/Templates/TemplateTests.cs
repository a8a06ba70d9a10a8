using System.Collections.Concurrent;
using System.Net;
using Channels.Testing;
using Channels.Tests.EndToEnd;
using Channels.Tests.Layers.Redis;
using Channels.Tests.Support;

namespace Channels.Tests.Templates;

/// <summary>The first hour of somebody new: <c>dotnet new</c>, build, run, test, with nothing but the packages.</summary>
[Category("Packages")]
[Proves("E-17")]
public sealed class TemplateTests
{
    private const string Full = "Corner-Chat.App"; // no name for a namespace as it stands

    private const string MachineIsBusy = @"^warn: (Microsoft\.AspNetCore\.Server\.Kestrel\[22\]|Channels\.\S+\[1017\])"; // Kestrel's timer or the thread pool was late

    private static TemplateFolder _folder = null!; // set before the first test

    [OneTimeSetUp]
    public static async Task Make()
    {
        _folder = await TemplateFolder.CreateAsync();
        await _folder.NewAsync("", "channels-app", "--name", "Small");
        await _folder.NewAsync("", "channels-app", "--name", Full, "--redis", "--tests", "--telemetry", "--no-restore");
        await _folder.NewAsync("", "channels-worker", "--name", "Greeter", "--no-restore");
        await _folder.NewAsync("Small", "channels-consumer", "--name", "LobbyConsumer");
        await _folder.NewAsync("Small", "channels-consumer", "--name", "EchoConsumer", "--kind", "http");
        await _folder.NewAsync("Small", "channels-consumer", "--name", "MailConsumer", "--kind", "job");

        // What is left to whoever makes a consumer: a route.
        var site = _folder.PathOf("Small", "Site.cs");
        var text = await File.ReadAllTextAsync(site);
        await File.WriteAllTextAsync(site, text
            .Replace("{ \"GET assets/\"", "{ \"POST echo\", Consumer.Of<EchoConsumer>() },\n{ \"GET assets/\"", StringComparison.Ordinal)
            .Replace("{ \"ws/room/", "{ \"ws/lobby/{room:group}/\", Consumer.Of<LobbyConsumer>() },\n{ \"ws/room/", StringComparison.Ordinal));

        await _folder.BuildAsync(["Small/Small.csproj", $"{Full}/{Full}/{Full}.csproj", $"{Full}/{Full}.Tests/{Full}.Tests.csproj", "Greeter/Greeter.csproj", await ContractApp.WriteAsync(_folder), .. await ExistingApp.WriteAsync(_folder)]);
    }

    [OneTimeTearDown]
    public static async Task CleanUp() => await (_folder?.DisposeAsync() ?? default);

    [Test]
    public async Task The_smallest_app_serves_its_page_and_a_chat()
    {
        await using var app = await SampleProcess.StartAsync(_folder.ProgramOf("Small"));
        await ExpectPageAsync(app);
        using (var ada = await JsonSocket.ConnectAsync(app.WebSocketUrl("/ws/room/lobby/")))
        using (var bob = await JsonSocket.ConnectAsync(app.WebSocketUrl("/ws/room/lobby/")))
        {
            await ada.SendAsync("""{"name":"Ada","text":"Hello"}""");
            Assert.That((await bob.ReceiveAsync()).GetProperty("text").GetString(), Is.EqualTo("Hello"));
        }

        Assert.That(await app.TerminateAsync(), Is.Zero, app.Output);
        Assert.That(app.Output.Split('\n').Where(line => line.StartsWith("warn:", StringComparison.Ordinal) || line.StartsWith("fail:", StringComparison.Ordinal)), Is.All.Match(MachineIsBusy), app.Output);
    }

    [Test]
    [Proves("SEC-77")]
    public async Task Two_people_talk_in_browsers()
    {
        ExternalTools.Require("npm:playwright-core");
        var chromium = ExternalTools.Require("chromium");
        await using var app = await SampleProcess.StartAsync(_folder.ProgramOf("Small"));
        await NodeScript.RunAsync("template.js", chromium, $"{app.Url}");
        Assert.That(app.IsAlive, app.Output);
    }

    [Test]
    public async Task Consumers_made_in_an_app_serve_what_is_routed_to_them()
    {
        await using var app = await SampleProcess.StartAsync(_folder.ProgramOf("Small"));
        using var ada = await JsonSocket.ConnectAsync(app.WebSocketUrl("/ws/lobby/attic/"));
        await ada.SendAsync("\"up here\"");
        Assert.That((await ada.ReceiveAsync()).GetString(), Is.EqualTo("up here"));
        using var client = new HttpClient();
        using var answer = await client.PostAsync(new Uri(app.Url, "/echo"), new StringContent("12345"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("POST /echo with 5 bytes"));
        Assert.That(File.ReadLines(_folder.PathOf("Small", "MailConsumer.cs")), Does.Contain("namespace Small;"));
    }

    [Test]
    [Proves("E-28")]
    public async Task Processes_of_the_fullest_app_are_one_chat_and_tell_a_collector_how_they_are()
    {
        await using var redis = await RedisServer.StartAsync();
        var told = new ConcurrentDictionary<string, bool>();
        await using var collector = await LiveServer.StartFunctionAsync((scope, receive, send) =>
        {
            told[((HttpScope)scope).Path] = true;
            return Respond.EmptyAsync(send, 200);
        });
        string[] arguments =
        [
            $"--Channels:Layers:default:Hosts={redis.Address}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", $"--OTEL_EXPORTER_OTLP_ENDPOINT={collector.BaseAddress}",
            "--OTEL_METRIC_EXPORT_INTERVAL=200", "--OTEL_BSP_SCHEDULE_DELAY=200", "--OTEL_BLRP_SCHEDULE_DELAY=200",
        ];
        await using var one = await SampleProcess.StartAsync(_folder.ProgramOf(Full, Full), arguments);
        await using var two = await SampleProcess.StartAsync(_folder.ProgramOf(Full, Full), arguments);
        await ExpectPageAsync(two);
        using var ada = await JsonSocket.ConnectAsync(one.WebSocketUrl("/ws/room/lobby/"));
        using var bob = await JsonSocket.ConnectAsync(two.WebSocketUrl("/ws/room/lobby/"));
        await ada.SendAsync("""{"name":"Ada","text":"Hello"}""");
        Assert.That((await bob.ReceiveAsync()).GetProperty("name").GetString(), Is.EqualTo("Ada"));
        await Eventually.Is(() => told.ContainsKey("/v1/metrics") && told.ContainsKey("/v1/traces") && told.ContainsKey("/v1/logs"));
    }

    [Test]
    public async Task The_tests_of_the_fullest_app_pass() => Assert.That(await _folder.TestAsync(Full), Does.Match("Failed: +0, Passed: +[1-9]"));

    [Test]
    public async Task An_existing_app_of_minimal_apis_and_signalr_gains_a_socket_with_five_lines()
    {
        Assert.That(ExistingApp.Added, Has.Count.EqualTo(5));
        Assert.That(await _folder.TestAsync("Existing.Tests"), Does.Match("Failed: +0, Passed: +2"));
    }

    [Test]
    public async Task A_build_fails_when_the_contract_of_a_socket_router_has_drifted()
    {
        var project = Path.Combine(ContractApp.Name, $"{ContractApp.Name}.csproj");
        await ContractApp.NameFilesAsync(_folder);
        var (exitCode, output) = await _folder.TryBuildAsync(project);
        Assert.That(exitCode, Is.Not.Zero, output);
        Assert.That(output, Does.Match($@"client.api\.ts ?: error ?: .*api\.ts is not what the program does: it does not exist\..*dotnet run --no-build -- contract").And.Match(@"asyncapi\.json ?: error"), "each file is told");

        await _folder.RunProgramAsync(ContractApp.Name, ["contract", .. ContractApp.Files]); // as the error says
        (exitCode, output) = await _folder.TryBuildAsync(project);
        Assert.That(exitCode, Is.Zero, output);

        await ContractApp.RenameRouteAsync(_folder);
        (exitCode, output) = await _folder.TryBuildAsync(project);
        Assert.That(exitCode, Is.Not.Zero, output);
        Assert.That(output, Does.Match(@"api\.ts is not what the program does: line \d+ differs"));

        await _folder.RunProgramAsync(ContractApp.Name, ["contract", .. ContractApp.Files]);
        (exitCode, output) = await _folder.TryBuildAsync(project);
        Assert.That(exitCode, Is.Zero, output);
    }

    [Test]
    public async Task What_deploys_the_app_names_its_program()
    {
        var app = _folder.PathOf(Full, Full);
        var docker = await File.ReadAllTextAsync(Path.Combine(app, "Dockerfile"));
        Assert.That(docker, Does.Contain($"ENTRYPOINT [\"dotnet\", \"{Full}.dll\"]").And.Contain($"COPY [\"{Full}.csproj\", \".\"]"));
        Assert.That(File.ReadLines(Path.Combine(app, ".dockerignore")), Is.EquivalentTo(new[] { "bin/", "obj/" }));
        Assert.That(File.ReadLines(Path.Combine(app, $"{Full}.service")), Has.Some.StartsWith($"ExecStart=/usr/bin/dotnet /opt/{Full}/{Full}.dll "));
    }

    [Test]
    public async Task A_worker_does_a_job_that_its_own_verb_sends()
    {
        await using var redis = await RedisServer.StartAsync();
        var program = _folder.ProgramOf("Greeter");
        var hosts = $"--Channels:Layers:default:Hosts={redis.Address}";
        var sent = await SampleProcess.RunAsync(program, "send", "Ada", hosts);
        Assert.That(sent.ExitCode, Is.Zero, sent.Output);
        var wrong = await SampleProcess.RunAsync(program, "send", hosts);
        Assert.That((wrong.ExitCode, wrong.Output.Contains("Say whom to greet: send NAME", StringComparison.Ordinal)), Is.EqualTo((2, true)), wrong.Output);
        await using var worker = await SampleProcess.StartAsync(program, "worker", "greetings", hosts); // the job has waited for it
        await Eventually.Is(() => worker.Output.Contains("Hello, Ada!", StringComparison.Ordinal));
        Assert.That(await worker.TerminateAsync(), Is.Zero, worker.Output);
    }

    [TestCase("channels-app", "--redi", "'--redi' is not a valid option")]
    [TestCase("channels-app", "--telemetry=loud", "loud")]
    [TestCase("channels-worker", "--tests", "'--tests' is not a valid option")]
    public async Task A_wrong_switch_is_told_and_makes_nothing(string template, string wrong, string told)
    {
        var (exitCode, output) = await _folder.TryNewAsync(template, "--name", "Wrong", wrong);
        Assert.That((exitCode != 0, Directory.Exists(_folder.PathOf("Wrong"))), Is.EqualTo((true, false)), output);
        Assert.That(output, Does.Contain(told));
    }

    private static async Task ExpectPageAsync(SampleProcess app)
    {
        using var client = new HttpClient { BaseAddress = app.Url };
        Assert.That(await client.GetStringAsync("/"), Does.Contain("<title>Chat</title>"));
        foreach (var path in new[] { "/room/attic/", "/assets/chat.js", "/assets/chat.css", "/healthz/live", "/healthz/ready" })
        {
            using var answer = await client.GetAsync(path);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        }
    }
}
