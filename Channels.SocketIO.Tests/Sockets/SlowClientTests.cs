using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Clients that take nothing, or have gone a moment ago, and who has to do with them.</summary>
internal sealed class SlowClientTests : SocketIOFixture
{
    [Test]
    [Proves("S-SIO-71", "S-SIO-73")]
    public async Task A_local_broadcast_reaches_the_others_where_one_takes_nothing()
    {
        var server = MakeServer(new() { Engine = { MaxOutboundMessageCount = 1 } });
        var speaker = await ConnectAsync(server);
        var slow = await PollingClient.AskAsync(server, Services);
        await slow.ExpectAsync("40{", "42[\"auth\",{}]");
        var other = await ConnectAsync(server);
        speaker.Text("21[\"shout here\",\"hi\"]");
        await other.ExpectAsync("42[\"said\",\"hi\",1]", "42[\"said\",\"hi\",2]");
        await speaker.ExpectAsync("431[]");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left forced close from "));
        Assert.That(Journal.IsEmpty);
    }

    [Test]
    [Proves("S-SIO-71", "S-SIO-73")]
    public async Task That_a_client_has_just_gone_is_nobody_elses_mistake()
    {
        var speaker = await ConnectAsync();
        var gone = Open();
        var id = await gone.EnterAsync();
        await gone.ExpectAsync("42[\"auth\",{}]");
        gone.Vanish();
        var other = await ConnectAsync();
        speaker.Text("21[\"shout here\",\"hi\"]");
        await other.ExpectAsync("42[\"said\",\"hi\",1]", "42[\"said\",\"hi\",2]");
        await speaker.ExpectAsync("431[]");
        speaker.Text($"22[\"meet\",\"{id}\"]");
        await speaker.ExpectAsync("432[]");
        await speaker.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-35", "S-SIO-36")]
    public async Task An_answer_is_given_up_in_time_where_not_even_the_question_is_taken()
    {
        var client = await ConnectAsync();
        var asking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.OnSending = _ => asking.TrySetResult();
        client.TakeNothing();
        client.Text("2[\"ask\",\"why\"]");
        await asking.Task.WaitAsync(Eventually.Patience);
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("timeout"));
        client.TakeAll();
        await client.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-10")]
    public async Task What_the_hook_emits_stays_in_order_where_it_does_not_fit_and_what_follows_comes_behind()
    {
        var server = MakeServer(new() { Engine = { MaxOutboundBytes = 1_000 } });
        var client = await PollingClient.AskAsync(server, Services, "{\"greet\":[900,900,10]}");
        await Eventually.Is(() => Journal.Sockets.Values.Any(socket => socket.IsConnected));
        await server.Of("/").Local.EmitAsync("local");
        var behind = Journal.Sockets.Values.Single().EmitAsync("behind");
        await client.ExpectAsync("40{", "42[\"greeting\",0,", "42[\"greeting\",1,", "42[\"greeting\",2,", "42[\"auth\",", "42[\"local\"]", "42[\"behind\"]");
        await behind;
    }
}
