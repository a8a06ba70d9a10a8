using System.Text.Json;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Who is present in a topic.</summary>
public sealed class TopicPresenceTests
{
    [Test]
    [Proves("SR-67")]
    public async Task Who_joins_learns_who_is_there_and_who_comes_and_goes()
    {
        await using var server = new TopicServer();
        var ali = await server.ConnectAsync("ali");
        var joined = await ali.JoinAsync("room.1", ""","presence":{"meta":{"name":"Ali","n":[1,true,null,1.5]}}""");

        var presence = joined.GetProperty("presence");
        Assert.That(presence.GetProperty("state").GetRawText().Replace(" ", ""), Is.EqualTo("""{"ali":{"metas":[{"name":"Ali","n":[1,true,null,1.5],"ref":"ali"}]}}"""));
        var version = presence.GetProperty("version").GetInt64();
        var eve = await server.ConnectAsync("eve");
        await eve.JoinAsync("room.1", ""","presence":{}""");
        Assert.That(await ali.Socket.ReceiveTextAsync(), Is.EqualTo(
            $$$"""{"headers":{"topic":"room.1","epoch":"{{{presence.GetProperty("epoch").GetString()}}}","version":{{{version + 1}}}},"payload":{"joins":{"eve":{"metas":[{"ref":"eve"}]}},"leaves":{}},"uuid":"","status":200,"route":"$presence.diff"}"""));

        await eve.AskAsync("$leave", """{"topic":"room.1"}""");
        var left = await ali.ReceiveAsync();
        Assert.That(left.GetProperty("payload").GetRawText(), Is.EqualTo("""{"joins":{},"leaves":{"eve":{"metas":[{"ref":"eve"}]}}}"""));
        Assert.That(left.GetProperty("headers").GetProperty("version").GetInt64(), Is.EqualTo(version + 2));
        var snapshot = (await ali.AskAsync("$presence", """{"topic":"room.1"}""")).GetProperty("payload");
        Assert.That(snapshot.GetProperty("version").GetInt64(), Is.EqualTo(version + 2));
        Assert.That(snapshot.GetProperty("state").EnumerateObject().Select(entry => entry.Name), Is.EqualTo(new[] { "ali" }));
    }

    [Test]
    [Proves("SR-63")]
    public async Task Joining_again_changes_nothing_for_others()
    {
        await using var server = new TopicServer();
        var ali = await server.ConnectAsync("ali");
        await ali.JoinAsync("room.1", ""","presence":true""");
        var eve = await server.ConnectAsync("eve");
        await eve.JoinAsync("room.1", ""","presence":{}""");
        await ali.ReceiveAsync();

        var again = await eve.JoinAsync("room.1", ""","presence":{}""");

        Assert.That(again.GetProperty("presence").GetProperty("state").EnumerateObject().Count(), Is.EqualTo(1), "who only watches is not there");
        await ali.NothingCameAsync();
        await server.PublishAsync("room.1", "once");
        Assert.That(await eve.ReceiveTextsAsync(1), Is.EqualTo(new[] { "1 once" }));
        await eve.NothingCameAsync();
    }

    [Test]
    [Proves("SR-64", "SR-65")]
    public async Task A_key_is_there_as_long_as_one_of_its_connections_and_a_moment_longer()
    {
        await using var server = new TopicServer();
        var ali = await server.ConnectAsync("ali");
        await ali.JoinAsync("room.1", ""","presence":true""");
        var first = await server.ConnectAsync("eve");
        await first.JoinAsync("room.1", ""","presence":{}""");
        var second = await server.ConnectAsync("eve");
        await second.JoinAsync("room.1", ""","presence":{}""");
        Assert.That((await ali.ReceiveAsync()).GetProperty("payload").GetProperty("joins").EnumerateObject().Count(), Is.EqualTo(1));

        await first.Socket.DisconnectAsync();
        await first.Socket.WaitAsync();
        server.Time.Advance(TimeSpan.FromSeconds(3));
        await ali.NothingCameAsync();

        await second.Socket.DisconnectAsync();
        await second.Socket.WaitAsync();
        server.Time.Advance(TimeSpan.FromSeconds(1.9));
        var back = await server.ConnectAsync("eve");
        await back.JoinAsync("room.1", ""","presence":{}""");
        server.Time.Advance(TimeSpan.FromSeconds(3));
        await ali.NothingCameAsync();

        await back.Socket.DisconnectAsync();
        await back.Socket.WaitAsync();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.That((await ali.ReceiveAsync()).GetProperty("payload").GetProperty("leaves").EnumerateObject().Single().Name, Is.EqualTo("eve"));
        await ali.NothingCameAsync();
    }

    [Test]
    [Proves("SR-65")]
    public async Task A_longer_grace_of_the_host_holds_for_topics_too()
    {
        await using var server = new TopicServer(services => services.Configure<PresenceOptions>(options => options.Grace = TimeSpan.FromSeconds(10)));
        var ali = await server.ConnectAsync("ali");
        await ali.JoinAsync("room.1", ""","presence":true""");
        var eve = await server.ConnectAsync("eve");
        await eve.JoinAsync("room.1", ""","presence":{}""");
        await ali.ReceiveAsync();

        await eve.Socket.DisconnectAsync();
        await eve.Socket.WaitAsync();
        server.Time.Advance(TimeSpan.FromSeconds(9.9));
        await ali.NothingCameAsync();
        server.Time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.That((await ali.ReceiveAsync()).GetProperty("payload").GetProperty("leaves").EnumerateObject().Single().Name, Is.EqualTo("eve"));
    }

    [Test]
    public async Task Metadata_that_presence_does_not_take_are_the_clients_fault()
    {
        await using var server = new TopicServer();
        var ali = await server.ConnectAsync("ali");
        var huge = new string('x', 2_000);

        var reply = await ali.AskAsync("$join", $$$$"""{"topic":"room.1","presence":{"meta":{"name":"{{{{huge}}}}"}}}""");

        Assert.That(reply.GetProperty("status").GetInt32(), Is.EqualTo(400));
        Assert.That(reply.GetProperty("payload").GetProperty("error").GetString(), Is.EqualTo("CallError.InvalidData"));
        Assert.That((await ali.AskAsync("$presence", """{"topic":"room.1"}""")).GetProperty("status").GetInt32(), Is.EqualTo(404), "it has not joined");
        var joined = await ali.JoinAsync("room.1", ""","presence":{}""");
        Assert.That(joined.GetProperty("presence").GetProperty("state").EnumerateObject().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task New_metadata_are_a_join_of_the_same_key()
    {
        await using var server = new TopicServer();
        var ali = await server.ConnectAsync("ali");
        await ali.JoinAsync("room.1", ""","presence":{"meta":{"mood":"good"}}""");

        await ali.SendAsync("$join", """{"topic":"room.1","presence":{"meta":{"mood":"better"}}}""");
        JsonElement[] frames = [await ali.ReceiveAsync(), await ali.ReceiveAsync()];

        var diff = frames.Single(frame => frame.TryGetProperty("route", out _));
        Assert.That(diff.GetProperty("payload").GetProperty("joins").GetRawText(), Is.EqualTo("""{"ali":{"metas":[{"mood":"better","ref":"ali"}]}}"""));
    }
}
