using System.Net;
using System.Text;
using Channels.SocketIO;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Engine;

/// <summary>Clients that do whatever they like, many at a time: each ends its own session at most.</summary>
public sealed class StormTests
{
    private static readonly string[] Pieces =
    [
        "4hello", "4", "1", "2", "2probe", "3", "5", "6", "0{}", "abc", "", "bAQID", "b!", "\u001e", "4\u001e", "4x\u001e4y", "\ud83d\ude42", "9", "4{\"a\":[1,2,3]}",
    ];

    [Test]
    [Proves("SEC-60")]
    public async Task Random_bodies_of_many_sessions_end_their_own_at_most()
    {
        var time = new ManualTimeProvider();
        await using var services = new ServiceCollection().AddSingleton<TimeProvider>(time).BuildServiceProvider();
        var engine = new EngineIOServer(new EngineIOOptions { MaxPayload = 200 }, Echo.RunAsync);
        var witness = await OpenAsync(engine, services);
        var random = new Random(7);
        var statuses = new HashSet<int>();
        for (var i = 0; i < 3000; i++)
        {
            var sid = await OpenAsync(engine, services);
            for (var step = random.Next(1, 4); step > 0; step--)
            {
                var body = string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => Pieces[random.Next(Pieces.Length)]));
                statuses.Add((await AskAsync(engine, services, "POST", sid, body)).Status);
            }
        }

        Assert.That(statuses, Is.SupersetOf(new[] { 200, 400 }).And.SubsetOf(new[] { 200, 400, 413 }));
        Assert.That((await AskAsync(engine, services, "POST", witness, "4hello")).Text, Is.EqualTo("ok"));
        Assert.That((await AskAsync(engine, services, "GET", witness)).Text, Is.EqualTo("4hello"));
        time.Advance(TimeSpan.FromMinutes(2));
        await Eventually.Is(() => engine.Count == 0);
    }

    [Test]
    public async Task Polls_and_posts_of_one_session_at_the_same_time_end_it_once()
    {
        var watch = new SessionWatch();
        await using var server = await EngineServer.StartAsync(watch.RunAsync);
        for (var round = 0; round < 20; round++)
        {
            var sid = await server.OpenAsync();
            var requests = Enumerable.Range(0, 12).Select(i => i % 3 == 0 ? server.PostAsync(sid, $"4{i}") : server.GetAsync(sid)).ToList();
            foreach (var request in requests)
            {
                using var answer = await request;
                Assert.That(answer.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.BadRequest));
            }

            Assert.That(await watch.ReasonAsync(), Is.EqualTo("transport error"));
        }

        await Eventually.Is(() => server.Engine.Count == 0 && watch.Ended == 20);
    }

    [Test]
    [Proves("REL-56")]
    public async Task Closes_and_changes_of_transport_at_the_same_time_leave_no_session()
    {
        await using var server = await EngineServer.StartAsync();
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var sid = await server.OpenAsync();
            using var socket = await server.ConnectAsync(sid, upgrade: true);
            await socket.SendTextAsync("2probe");
            var leaving = random.Next(2) == 0 ? server.PostAsync(sid, "1") : server.PostAsync(sid, "4x\u001e1");
            await socket.SendTextAsync("5");
            using var answer = await leaving;
            Assert.That(answer.StatusCode, Is.AnyOf(HttpStatusCode.OK, HttpStatusCode.BadRequest));
            if (answer.StatusCode == HttpStatusCode.BadRequest)
            {
                await socket.SendTextAsync("1");
            }

            Assert.That(await socket.ReadCloseAsync(), Is.EqualTo(1000));
        }

        await Eventually.Is(() => server.Engine.Count == 0);
    }

    private static async Task<string> OpenAsync(EngineIOServer engine, IServiceProvider services) =>
        EngineServer.Handshake((await AskAsync(engine, services, "GET", null)).Text).GetProperty("sid").GetString()!;

    private static async Task<(int Status, string Text)> AskAsync(EngineIOServer engine, IServiceProvider services, string method, string? sid, string body = "")
    {
        var (status, text) = (0, new MemoryStream());
        var scope = new HttpScope { Method = method, Path = "/engine.io/", QueryString = $"{EngineServer.Polling[1..]}&sid={sid}", Services = services };
        var read = false;
        await engine.InvokeAsync(scope, ReceiveAsync, (message, _) =>
        {
            switch (message)
            {
                case HttpResponseStart start:
                    status = start.Status;
                    break;
                case HttpResponseBody part:
                    text.Write(part.Body.Span);
                    break;
            }

            return ValueTask.CompletedTask;
        });
        return (status, Encoding.UTF8.GetString(text.ToArray()));

        ValueTask<Event> ReceiveAsync(CancellationToken cancellationToken)
        {
            (var first, read) = (!read, true);
            return first ? new(new HttpRequest(Encoding.UTF8.GetBytes(body))) : new(new TaskCompletionSource<Event>().Task); // the client stays
        }
    }
}
