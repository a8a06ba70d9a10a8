using Channels.Routing;
using Channels.Tests.Applications;

using Channels.Tests.Support;

namespace Channels.Tests.Routing;

[TestFixture]
public sealed class RoutingCostTests
{
    [Test]
    public void The_memory_of_a_match_does_not_grow_with_the_number_of_routes()
    {
        var few = BytesPerConnection(Router(10), "/api/section5/rooms/7/");
        var many = BytesPerConnection(Router(1000), "/api/section500/rooms/7/");
        TestContext.Out.WriteLine($"{few} bytes with 10 routes, {many} with 1,000");
        Assert.That(many, Is.EqualTo(few).Within(64));
        Assert.That(many, Is.LessThan(2048));
    }

    private static UrlRouter Router(int routes)
    {
        var router = new UrlRouter();
        for (var i = 0; i < routes; i++)
        {
            router.Add($"api/section{i}/rooms/{{room:int}}/", static (_, _, _) => Task.CompletedTask);
        }

        return router;
    }

    private static long BytesPerConnection(Application application, string path)
    {
        const int connections = 200;
        Receive receive = _ => throw new NotSupportedException();
        Send send = (_, _) => throw new NotSupportedException();
        var scope = Conversation.WebSocket(path);
        return Allocations.Least(() => Serve(connections)) / connections;

        void Serve(int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (!application(scope, receive, send).IsCompletedSuccessfully)
                {
                    throw new AssertionException("No route was found.");
                }
            }
        }
    }
}
