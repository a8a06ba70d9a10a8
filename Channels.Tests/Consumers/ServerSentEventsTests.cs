using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Server-sent events: their form on the wire, keep-alives, and messages while the stream is open.</summary>
public sealed partial class ServerSentEventsTests
{
    private readonly ManualTimeProvider _time = new();
    private ServiceProvider _services = null!; // set before each test

    [SetUp]
    public void MakeServices() => _services = TestServices.Create(s => s.AddSingleton<TimeProvider>(_time).AddChannels());

    [TearDown]
    public ValueTask DisposeServices() => _services.DisposeAsync();

    [Test]
    public async Task The_stream_opens_at_once_with_its_headers()
    {
        await using var request = Request("/");
        var start = await request.ReceiveStartAsync();
        var first = await request.ReceiveBodyAsync();

        Assert.That(start.Status, Is.EqualTo(200));
        Assert.That(start.Headers!["content-type"], Is.EqualTo("text/event-stream"));
        Assert.That(start.Headers!["cache-control"], Is.EqualTo("no-cache"));
        Assert.That((first.Body.Length, first.MoreBody), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task Layer_messages_become_events_until_the_stream_is_completed()
    {
        await using var request = await OpenAsync("/");
        var layer = _services.GetRequiredService<IChannelLayer>();
        await layer.GroupSendAsync("news", new Said("one\ntwo\r\nthree\rfour"));
        Assert.That(await PartAsync(request), Is.EqualTo("event: said\nid: 1\ndata: one\ndata: two\ndata: three\ndata: four\n\n"));

        await layer.GroupSendAsync("news", new Said("last"));
        Assert.That(await PartAsync(request), Is.EqualTo("event: said\nid: 2\ndata: last\n\n"));
        var end = await request.ReceiveBodyAsync();
        Assert.That(end.MoreBody, Is.False);
        await request.WaitAsync();
    }

    [Test]
    public async Task A_client_that_reconnects_tells_what_it_has_seen()
    {
        await using var request = Request("/resume").WithHeader("Last-Event-ID", "41");
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();

        Assert.That(await PartAsync(request), Is.EqualTo("id: 42\nretry: 1500\ndata: resumed after 41\n\n"));
    }

    [Test]
    public async Task Json_is_one_event()
    {
        await using var request = Request("/json");
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();

        Assert.That(await PartAsync(request), Is.EqualTo("data: {\"text\":\"a\\nb\"}\n\n"));
    }

    [Test]
    public async Task A_silent_stream_sends_a_comment_in_each_interval()
    {
        await using var request = await OpenAsync("/");
        await _time.WaitForTimersAsync();

        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.That(await PartAsync(request), Is.EqualTo(":\n\n"));
        await _time.WaitForTimersAsync(); // it waits anew only after the comment
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.That(await PartAsync(request), Is.EqualTo(":\n\n"));

        await request.DisconnectAsync();
        await Support.Eventually.Is(() => _time.ActiveTimers == 0, text: "its timer is gone"); // a cancelled delay ends first, and its timer then
    }

    [Test]
    public async Task A_stream_that_speaks_needs_no_comment()
    {
        await using var request = await OpenAsync("/");
        await _time.WaitForTimersAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await _services.GetRequiredService<IChannelLayer>().GroupSendAsync("news", new Said("x"));
        await request.ReceiveBodyAsync();
        _time.Advance(TimeSpan.FromSeconds(5)); // the interval is over, but the event was 5 seconds ago

        await request.ReceiveNothingAsync();
    }

    [Test]
    [Proves("FA-2")]
    public async Task The_silence_is_counted_from_the_last_byte_and_never_longer_than_the_interval()
    {
        await using var request = await OpenAsync("/");
        await _time.WaitForTimersAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        await _services.GetRequiredService<IChannelLayer>().GroupSendAsync("news", new Said("x"));
        await request.ReceiveBodyAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        for (var comments = 0; comments < 3; comments++)
        {
            await _time.WaitForTimersAsync();
            _time.Advance(TimeSpan.FromSeconds(comments == 0 ? 10 : 15));
            Assert.That(await PartAsync(request), Is.EqualTo(":\n\n"));
        }
    }

    [Test]
    public async Task What_is_sent_beside_the_end_of_the_stream_is_nobodys_mistake()
    {
        await using var request = Communicator.Http(Consumer.Of<Ending>(), "GET", "/").WithServices(_services);
        await request.GetResponseAsync();

        await request.WaitAsync(); // without an error
    }

    [TestCase("a\nb", null)]
    [TestCase("a\rb", null)]
    [TestCase(null, "1\n")]
    [TestCase(null, "1\0")]
    public void No_value_can_begin_a_field_of_its_own(string? name, string? id) =>
        Assert.That(() => ServerSentEvent.Encode("data", name, id, retry: null), Throws.ArgumentException);

    [Test]
    public void A_comment_of_several_lines_stays_a_comment() =>
        Assert.That(Encoding.UTF8.GetString(ServerSentEvent.EncodeComment("a\ndata: b")), Is.EqualTo(": a\n: data: b\n\n"));

    private static async Task<string> PartAsync(HttpCommunicator request) => Encoding.UTF8.GetString((await request.ReceiveBodyAsync()).Body.Span);

    private HttpCommunicator Request(string path) => Communicator.Http(Consumer.Of<News>(), "GET", path).WithServices(_services);

    private async Task<HttpCommunicator> OpenAsync(string path)
    {
        var request = Request(path);
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();
        return request;
    }

    private sealed class Ending : ServerSentEventsConsumer
    {
        protected override async ValueTask OnOpenAsync()
        {
            await CompleteAsync();
            await CompleteAsync();
            Assert.CatchAsync<ConnectionClosedException>(async () => await SendEventAsync("late"));
        }
    }

    private sealed partial class News : ServerSentEventsConsumer
    {
        private int _id;

        protected override IEnumerable<string> InitialGroups => ["news"];

        protected override ValueTask OnOpenAsync() => Scope.Path switch
        {
            "/resume" => SendEventAsync($"resumed after {LastEventId}", id: "42", retry: TimeSpan.FromSeconds(1.5)),
            "/json" => SendJsonEventAsync(new Answer("a\nb"), TestJson.Default.Answer),
            _ => default,
        };

        [Handles]
        private async ValueTask Said(Said message)
        {
            await SendEventAsync(message.Text, "said", $"{++_id}");
            if (message.Text == "last")
            {
                await CompleteAsync();
            }
        }
    }
}
