using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Channels;

/// <summary>
/// What a plain function calls, as far as it can be seen: the applications that its lambda has captured, or that the
/// object around its method holds in fields. For checks at start and for people, never for routing: lambdas of one method
/// share what they capture, so that a function may seem to hold its neighbour's application too.
/// </summary>
internal static class FunctionContents
{
    /// <summary>The applications behind a function that is no node, as <see cref="Application"/> or <see cref="IApplicationNode"/>.</summary>
    /// <param name="function">The function.</param>
    /// <param name="seen">The objects that have been looked into; each is looked into once.</param>
    public static IEnumerable<object> Of(Application function, HashSet<object> seen) => function.Target switch
    {
        null => [],
        Application bound => [bound], // a static method with its first argument
        var target => FieldsOf(target, seen),
    };

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A field that was trimmed away is used by nobody; what it held is not shown.")]
    private static IEnumerable<object> FieldsOf(object target, HashSet<object> seen)
    {
        if (!seen.Add(target))
        {
            yield break;
        }

        foreach (var field in target.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            var value = field.GetValue(target);
            if (value is Application or IApplicationNode)
            {
                yield return value;
            }
            else if (value is not null && value.GetType().IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            {
                foreach (var inner in FieldsOf(value, seen)) // what a lambda around this one has captured
                {
                    yield return inner;
                }
            }
        }
    }
}
