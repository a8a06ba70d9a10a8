using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Channels.AspNetCore;

/// <summary>The response of a context that no server has: keeps headers and what is to be done when the real one starts.</summary>
internal sealed class DetachedResponse : HttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private bool _started;

    public override bool HasStarted => _started;

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    /// <summary>
    /// Adds to the headers of the real response what was set here: cookies besides its own, other headers where it has none.
    /// Only once; later nothing can be set any more.
    /// </summary>
    public async ValueTask<HeaderList?> StartAsync(HeaderList? own)
    {
        while (_starting.TryPop(out var due))
        {
            await due.Callback(due.State);
        }

        _started = true;
        var added = Headers.Where(field => field.Key != HeaderNames.Location && (field.Key == HeaderNames.SetCookie || own?[field.Key] is null)).ToList();
        if (added.Count == 0)
        {
            return own;
        }

        var all = new HeaderList();
        foreach (var (name, value) in own ?? [])
        {
            all.Add(name, value);
        }

        foreach (var (name, values) in added)
        {
            foreach (var value in values)
            {
                all.Add(name, value ?? "");
            }
        }

        return all;
    }
}
