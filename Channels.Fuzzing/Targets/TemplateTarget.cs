using System.Text;
using Channels.Routing;

namespace Channels.Fuzzing;

/// <summary>A line with a route's template, and the path that is asked for behind it.</summary>
internal sealed class TemplateTarget : FuzzTarget
{
    private static readonly string[] Lines =
    [
        "ws/chat/{room:slug}/\n/ws/chat/lobby", "{x:int}/{y:uuid}\n/1/c9bf9e57-1685-4c89-bafb-ff5af830be8a", "{**rest}\n//a//b", "a{p:path}.txt\n/a/b/c.txt", "{x:long}\n/99999999999999999999", "{\n/",
    ];

    public override IEnumerable<byte[]> Seeds => Lines.Select(Encoding.UTF8.GetBytes);

    public override void Check(ReadOnlySpan<byte> input)
    {
        var text = Encoding.UTF8.GetString(input).Split('\n', 2);
        var router = new UrlRouter();
        try
        {
            router.Add(text[0], (_, _, send) => send(new HttpResponseStart(200)).AsTask());
            router.Prepare(NoServices.Instance);
        }
        catch (InvalidOperationException)
        {
            return;
        }

        Event? answer = null;
        var serving = router.ToApplication()(
            new HttpScope { Path = text.Length > 1 ? text[1] : "/" + text[0] },
            _ => ValueTask.FromResult<Event>(HttpRequest.Empty),
            (message, _) =>
            {
                answer ??= message;
                return ValueTask.CompletedTask;
            });
        Holds(serving.IsCompletedSuccessfully && answer is HttpResponseStart { Status: 200 or 404 }, "a path is found or not");
    }
}
