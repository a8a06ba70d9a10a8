using System.Text.Json;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Sockets;

/// <summary>Several servers on one layer are one.</summary>
internal sealed class ServersTests
{
    private readonly List<FakeClient> _clients = [];
    private ServiceProvider _services = null!;
    private ManualTimeProvider _time = null!;
    private SocketIOServer _here = null!;
    private SocketIOServer _there = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _time = new();
        _services = TestServices.Create(services => services.AddSingleton<TimeProvider>(_time).AddChannels()); // its time stands still: nobody is given up
        (_here, _there) = (await ServerAsync(), await ServerAsync());
    }

    [TearDown]
    public async Task StopAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        _clients.Clear();
        foreach (IHostedApplication server in new[] { _here, _there })
        {
            await server.StopAsync(CancellationToken.None);
        }

        await _services.DisposeAsync();
    }

    [Test]
    [Proves("S-SIO-75", "S-SIO-81")]
    public async Task Clients_of_all_servers_are_told_and_reached()
    {
        var (near, far) = (await ConnectAsync(_here, "near"), await ConnectAsync(_there, "far"));
        var sockets = await _here.To("room").FetchSocketsAsync();
        Assert.That(sockets.Select(NameOf), Is.EquivalentTo(new[] { "near", "far" }));
        Assert.That((await _here.To("room").Local.FetchSocketsAsync()).Select(NameOf), Is.EqualTo(new[] { "near" }));
        Assert.That(await _here.To("nobody").FetchSocketsAsync(), Is.Empty);
        var remote = sockets.Single(socket => NameOf(socket) == "far");
        Assert.That(remote.Rooms, Is.EqualTo(new[] { remote.Id, "room" }));
        Assert.That(remote.TryGetData<byte[]>("key", out var key) && key is [1, 2]);
        Assert.That(remote.TryGetData<int>("none", out _), Is.False);
        await remote.EmitAsync("you");
        await remote.JoinAsync("other");
        await far.ExpectAsync("42[\"you\"]");
        await Eventually.Is(async () => (await _here.To("other").FetchSocketsAsync()).Count == 1);
        await remote.LeaveAsync("other");
        await remote.DisconnectAsync(close: true);
        await far.ExpectAsync("41", "close");
        await Eventually.Is(async () => (await _here.Of("/").FetchSocketsAsync()).Count == 1);
        Assert.That(near.Completion.IsCompleted, Is.False);
    }

    [Test]
    [Proves("S-SIO-75")]
    public async Task What_is_for_this_server_s_clients_alone_reaches_no_others()
    {
        var (near, far) = (await ConnectAsync(_here, "near"), await ConnectAsync(_there, "far"));
        await _here.To("room").Local.SocketsJoinAsync("both");
        await _there.To("room").SocketsJoinAsync("end"); // behind it, and for all
        await Eventually.Is(async () => (await _here.To("end").FetchSocketsAsync()).Count == 2);
        Assert.That((await _here.To("both").FetchSocketsAsync()).Select(NameOf), Is.EqualTo(new[] { "near" }));

        await _there.To("room").Local.SocketsLeaveAsync("end");
        await Eventually.Is(async () => (await _here.To("end").FetchSocketsAsync()).Select(NameOf).SequenceEqual(["near"]));
        await _here.To("room").Local.DisconnectSocketsAsync(close: true);
        await near.ExpectAsync("41", "close");
        await _there.To("room").EmitAsync("still");
        await far.ExpectAsync("42[\"still\"]");
    }

    [Test]
    [Proves("S-SIO-74", "S-SIO-36")]
    public async Task Acknowledgements_of_all_clients_are_gathered()
    {
        var (near, far) = (await ConnectAsync(_here, "near"), await ConnectAsync(_there, "far"));
        var asking = _here.To("room").EmitWithAckAsync("ready?", 1);
        await AnswerAsync(near, "ready?", 1);
        await AnswerAsync(far, "ready?", 2);
        Assert.That((await asking).Select(answer => answer.Get<int>(0)), Is.EquivalentTo(new[] { 1, 2 }));
        Assert.That(await _here.To("nobody").EmitWithAckAsync("ready?"), Is.Empty);
    }

    [Test]
    [Proves("S-SIO-74")]
    public async Task Who_does_not_acknowledge_is_counted_and_the_others_are_told()
    {
        var (near, far) = (await ConnectAsync(_here, "near"), await ConnectAsync(_there, "far"));
        var asking = _there.To("room").Timeout(TimeSpan.FromSeconds(30)).EmitWithAckAsync("ready?");
        await AnswerAsync(near, "ready?", 1);
        Assert.That(await far.ReceiveAsync(), Does.EndWith("[\"ready?\"]"));
        far.Leave();
        var failure = Assert.ThrowsAsync<AcknowledgementException>(() => asking);
        Assert.That(failure!.Answers.Single().Get<int>(0), Is.EqualTo(1));
        Assert.That(failure.Message, Does.StartWith("1 of 2 clients"));
    }

    [Test]
    [Proves("S-SIO-74")]
    public async Task Who_does_not_even_take_the_question_is_counted_in_time_in_another_process()
    {
        var far = await ConnectAsync(_there, "far");
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        far.OnSending = _ => asked.TrySetResult();
        far.TakeNothing();
        var asking = _here.To("room").Timeout(TimeSpan.FromSeconds(30)).EmitWithAckAsync("ready?");
        await asked.Task.WaitAsync(Eventually.Patience);
        _time.Advance(TimeSpan.FromSeconds(30));
        var failure = Assert.ThrowsAsync<AcknowledgementException>(() => asking.WaitAsync(Eventually.Patience));
        Assert.That(failure!.Message, Does.StartWith("1 of 1 clients"));
        Assert.That(failure.InnerException, Is.Null, "its process has answered");
    }

    [Test]
    [Proves("S-SIO-74")]
    public async Task A_process_that_does_not_answer_costs_no_acknowledgement_of_the_others()
    {
        var (near, far) = (await ConnectAsync(_here, "near"), await ConnectAsync(_there, "far"));
        string killed;
        await using (var channel = await _services.GetRequiredService<IChannelLayer>().NewChannelAsync("sio"))
        {
            killed = channel.Name;
        }

        await _services.GetRequiredService<IGroupPresence>().TrackAsync("sio.servers", killed, killed);
        var asking = _here.To("room").EmitWithAckAsync("ready?");
        await AnswerAsync(near, "ready?", 1);
        await AnswerAsync(far, "ready?", 2);
        var failure = Assert.ThrowsAsync<AcknowledgementException>(() => asking.WaitAsync(Eventually.Patience));
        Assert.That(failure!.Answers.Select(answer => answer.Get<int>(0)), Is.EquivalentTo(new[] { 1, 2 }));
        Assert.That(failure.InnerException, Is.InstanceOf<RequestException>());
        Assert.That(() => _here.To("room").FetchSocketsAsync(), Throws.InstanceOf<RequestException>());
    }

    [Test]
    public async Task A_server_that_stops_is_asked_no_more()
    {
        await ConnectAsync(_here, "near");
        await ((IHostedApplication)_there).StopAsync(CancellationToken.None);
        Assert.That(await _here.Of("/").FetchSocketsAsync(), Has.Count.EqualTo(1));
    }

    private static string? NameOf(RemoteSocket socket) => socket.TryGetData<string>("name", out var name) ? name : null;

    private static async Task AnswerAsync(FakeClient client, string name, int answer)
    {
        var question = await client.ReceiveAsync();
        Assert.That(question, Does.Contain($"[\"{name}\""));
        client.Text($"3{question[2..question.IndexOf('[', StringComparison.Ordinal)]}[{answer}]");
    }

    private async Task<SocketIOServer> ServerAsync()
    {
        var server = new SocketIOServer { { "/", Consumer.Of<NamedNamespace>() } };
        server.Prepare(_services);
        await ((IHostedApplication)server).StartAsync(_services, CancellationToken.None);
        return server;
    }

    private async Task<FakeClient> ConnectAsync(SocketIOServer server, string name)
    {
        var client = new FakeClient(server, _services);
        _clients.Add(client);
        await client.EnterAsync("/", $"{{\"name\":\"{name}\"}}");
        return client;
    }

    internal sealed class NamedNamespace : SocketIOConsumer
    {
        protected override ValueTask OnConnectAsync(JsonElement authentication)
        {
            Socket.Data["name"] = authentication.GetProperty("name").GetString();
            Socket.Data["key"] = new byte[] { 1, 2 };
            return Socket.JoinAsync("room");
        }
    }
}
