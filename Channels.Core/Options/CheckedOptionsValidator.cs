using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Channels;

/// <summary>
/// Checks options by the attributes of their properties. Not by a generated validator: those go through
/// <c>System.ComponentModel.DataAnnotations</c>, which brings a megabyte of type descriptors into a program that is compiled
/// ahead of time.
/// </summary>
internal sealed class CheckedOptionsValidator<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] TOptions> : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        List<string> complaints = [];
        foreach (var property in typeof(TOptions).GetProperties())
        {
            foreach (var check in property.GetCustomAttributes<CheckedOptionAttribute>())
            {
                if (check.Complain(property.GetValue(options)) is { } complaint)
                {
                    complaints.Add($"{OptionsSectionAttribute.Of<TOptions>()}:{property.Name} {complaint}");
                }
            }
        }

        return complaints.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(complaints);
    }
}
