using Channels.Routing;

namespace Channels.Tests.Routing;

/// <summary>A router stands around a connection only where it may get it back.</summary>
public sealed class KeptConnectionTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_node_that_keeps_connections_sends_to_them_itself(bool keeps)
    {
        var node = new Node(keeps);
        Send send = (_, _) => ValueTask.CompletedTask;
        await new UrlRouter { { "a/", node.InvokeAsync } }.InvokeAsync(new WebSocketScope { Path = "/a/" }, _ => default, send);
        Assert.That(ReferenceEquals(node.Sent, send), Is.EqualTo(keeps));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_goes_past_the_application_goes_past_the_router_as_well_unless_somebody_outside_wants_to_see_it(bool watched)
    {
        var (node, outbox) = (new Node(keeps: false), new Outbox());
        Send send = watched ? (message, cancellationToken) => outbox.Send(message, cancellationToken) : outbox.Send;
        var inner = new UrlRouter { { "b/", node.InvokeAsync } };
        await new UrlRouter { { "a/", inner.InvokeAsync } }.InvokeAsync(new WebSocketScope { Path = "/a/b/" }.WithOutbox(outbox), _ => default, send);
        Assert.That(ReferenceEquals(node.Outbox!.Send, node.Sent), Is.Not.EqualTo(watched));
        node.Outbox.Hold();
        node.Outbox.Flush();
        Assert.That((node.Outbox.TrySend([new WebSocketAccept()]), node.Outbox.HasMoreInput, node.Outbox.IsBusy, outbox.Calls), Is.EqualTo((1, true, true, "hold flush try ")));
    }

    private sealed class Outbox : IOutbox
    {
        public Outbox() => Send = (_, _) => ValueTask.CompletedTask;

        public string Calls { get; private set; } = "";

        public Send Send { get; }

        public bool HasMoreInput => true;

        public bool IsBusy => true;

        public int TrySend(ReadOnlySpan<Event> events)
        {
            Calls += "try ";
            return events.Length;
        }

        public void Hold() => Calls += "hold ";

        public void Flush() => Calls += "flush ";
    }

    private sealed class Node(bool keeps) : IApplicationNode
    {
        public Send? Sent { get; private set; }

        public IOutbox? Outbox { get; private set; }

        public string Description => "node";

        public IReadOnlyList<ApplicationBranch> Branches => [new("", (_, _, _) => Task.CompletedTask)];

        public bool KeepsConnections => keeps;

        public void Prepare(IServiceProvider services)
        {
        }

        public Task InvokeAsync(Scope scope, Receive receive, Send send)
        {
            (Sent, Outbox) = (send, scope.GetOutbox());
            return Task.CompletedTask;
        }
    }
}
