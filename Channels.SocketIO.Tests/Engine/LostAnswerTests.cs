using Channels.SocketIO;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>
/// The answer to a request that was put to the session's process is lost on its way back, whether or not that process still
/// remembers what it has answered.
/// </summary>
[TestFixture(16 * 1024 * 1024)]
[TestFixture(0)]
public sealed class LostAnswerTests(int remembered)
{
    private readonly SessionWatch _watch = new();
    private AnswerLosingLayer _layer = null!; // set before each test, as the next three
    private EngineServer _owner = null!;
    private EngineServer _other = null!;
    private string _sid = null!;

    [SetUp]
    public async Task Start()
    {
        _layer = new();
        (_owner, _other) = (await StartAsync(), await StartAsync());
        _sid = await _owner.OpenAsync();
        await _other.SendAsync(_sid, "4first"); // the two know each other
        Assert.That(await _other.PollAsync(_sid), Is.EqualTo("4first"));
    }

    [TearDown]
    public async Task Stop()
    {
        await _other.DisposeAsync();
        await _owner.DisposeAsync();
    }

    [TestCase(1)]
    [TestCase(2)]
    [Proves("S-EIO-77")]
    public async Task A_post_counts_once(int times)
    {
        _layer.Lose(times);
        await _other.SendAsync(_sid, "4hello");
        await _other.SendAsync(_sid, "4again");
        var echoes = await _owner.PollAsync(_sid);
        while (!echoes.EndsWith("4again", StringComparison.Ordinal))
        {
            echoes += $"\u001e{await _owner.PollAsync(_sid)}";
        }

        Assert.That((echoes, _layer.Lost), Is.EqualTo(("4hello\u001e4again", times)));
    }

    [TestCase(1)]
    [TestCase(2)]
    [Proves("S-EIO-77")]
    public async Task What_a_poll_was_answered_with_comes_once_more(int times)
    {
        await _watch.Send!(EngineIOSend.FromText("one"));
        _layer.Lose(times);
        Assert.That(await _other.PollAsync(_sid), Is.EqualTo("4one"));
        await _watch.Send!(EngineIOSend.FromText("two"));
        Assert.That(await _owner.PollAsync(_sid), Is.EqualTo("4two"));
        await _watch.Send!(EngineIOSend.FromText("three"));
        Assert.That(await _other.PollAsync(_sid), Is.EqualTo("4three"));
        Assert.That(_layer.Lost, Is.EqualTo(times));
    }

    [Test]
    public async Task A_client_that_goes_while_the_answer_is_on_its_way_has_lost_its_session()
    {
        await _watch.Send!(EngineIOSend.FromText("unheard"));
        _layer.Lose(int.MaxValue);
        using var cut = new CancellationTokenSource();
        var poll = _other.GetAsync(_sid, cut.Token);
        await Eventually.Is(() => _layer.Lost > 0);
        await cut.CancelAsync();
        Assert.That(async () => await poll, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await _watch.ReasonAsync(), Is.EqualTo("transport error"));
        _layer.Lose(0);
        await _other.ExpectClosedAsync(_sid);
    }

    [Test]
    [Proves("S-EIO-77")]
    public async Task All_who_wait_at_the_other_process_hear_that_theirs_stops()
    {
        var polls = new List<Task<string>> { _other.PollAsync(_sid) };
        for (var i = 1; i < 200; i++)
        {
            polls.Add(_other.PollAsync(await _owner.OpenAsync()));
        }

        await Eventually.Is(() => _owner.WaitingPolls == polls.Count);
        await _owner.Live.Host.StopAsync();
        Assert.That(await Task.WhenAll(polls), Has.All.EqualTo("1"));
    }

    [Test]
    [Proves("S-EIO-77")]
    public async Task A_poll_that_is_on_its_way_when_the_process_stops_that_it_came_to_is_let_go_too()
    {
        _layer.HoldPolls();
        var poll = _other.PollAsync(_sid);
        await Eventually.Is(() => _layer.HasHeld);
        var answers = _layer.Answers;
        var stopping = _other.Live.Host.StopAsync();
        await Eventually.Is(() => _layer.Answers > answers); // the owner was told to let it go, and had nothing to let go
        _layer.LetPollsGo();
        Assert.That(await poll, Is.EqualTo("6"));
        await stopping;
    }

    private Task<EngineServer> StartAsync() => EngineServer.StartAsync(_watch.RunAsync, host: builder =>
    {
        builder.Services.AddChannels().AddLayer("default", _ => _layer);
        builder.Services.Configure<RequestOptions>(options => options.MaxRememberedBytes = remembered);
    });
}
